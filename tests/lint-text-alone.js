import ts from "typescript";

/**
 * A lint rule: text in JSX stands alone in its element. A browser's translation puts text nodes into elements of its own; React
 * then fails when it removes such a text, or puts another node before it. The only text of an element is safe: React
 * replaces all that is in the element.
 */
export const textAlone = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      beside: "Text beside other nodes: put it into an element of its own (see tests/lint-text-alone.js).",
      rootless: "Text without an element: put it into one (see tests/lint-text-alone.js).",
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const checker = services.program.getTypeChecker();
    const typeOf = (node) => services.getTypeAtLocation(node);

    function isText(child) {
      if (child.type === "JSXText") return true;
      return child.type === "JSXExpressionContainer" && mayBeText(typeOf(child.expression), checker);
    }

    function check(parent, messageId) {
      for (const child of parent.children.filter(isDrawn)) {
        if (isText(child)) context.report({ node: child, messageId });
      }
    }

    return {
      JSXElement(element) {
        const drawn = element.children.filter(isDrawn);
        const [only] = drawn;
        const isList =
          only?.type === "JSXExpressionContainer" && checker.isArrayType(typeOf(only.expression));
        if (drawn.length > 1 || isList) check(element, "beside");
      },
      JSXFragment: (fragment) => check(fragment, "rootless"),
      ReturnStatement(statement) {
        if (!statement.argument || !isComponent(functionAround(statement))) return;
        if (mayBeText(typeOf(statement.argument), checker)) {
          context.report({ node: statement, messageId: "rootless" });
        }
      },
    };
  },
};

/** Line ends between elements are no text, and neither are comments. */
function isDrawn(child) {
  if (child.type === "JSXText") return child.value.trim() !== "" || !child.value.includes("\n");
  return child.type !== "JSXExpressionContainer" || child.expression.type !== "JSXEmptyExpression";
}

function mayBeText(type, checker) {
  if (type.isUnion()) {
    // `ReactNode`, which a component passes on: what is in it was checked where it was written.
    if (type.types.some((each) => each.symbol?.name === "Iterable")) return false;
    return type.types.some((each) => mayBeText(each, checker));
  }
  if (checker.isArrayType(type) || checker.isTupleType(type)) {
    return checker.getTypeArguments(type).some((each) => mayBeText(each, checker));
  }
  if (type.isStringLiteral() && type.value === "") return false;
  return (type.flags & (ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike)) !== 0;
}

function functionAround(node) {
  let around = node.parent;
  while (around && !/Function/.test(around.type)) around = around.parent;
  return around;
}

function isComponent(node) {
  return /^\p{Lu}/u.test(node?.id?.name ?? "");
}
