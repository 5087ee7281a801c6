/**
 * The conversation that is being dragged in this page. Its id is no part of what is dragged, which may be dropped on
 * another page.
 */
export const draggedConversation: { id: string | null } = { id: null };
