// Write the types of the API's calls from its description (OpenAPI 3.1): one entry for each method and path.
const OWN = new Set(["get", "post", "put", "patch", "delete"]);

/** The text of `api.d.ts`. */
export function clientTypes(document) {
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `  ${key(name)}: ${type(schema)};`,
  );
  const calls = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => OWN.has(method))
      .map(([method, operation]) => call(method, path, operation, item.parameters ?? [])),
  );
  return `export interface Schemas {\n${schemas.join("\n")}\n}\nexport interface Calls {\n${calls.join("\n")}\n}\n`;
}

function call(method, path, operation, shared) {
  const given = [...shared, ...(operation.parameters ?? [])];
  const members = [
    `path: ${parameters(given, "path")}`,
    `query: ${parameters(given, "query")}`,
    `body: ${content(operation.requestBody)}`,
    `answer: ${answer(operation.responses)}`,
  ];
  return `  ${JSON.stringify(`${method.toUpperCase()} ${path}`)}: { ${members.join("; ")} };`;
}

function parameters(given, place) {
  const fitting = given.filter((parameter) => parameter.in === place);
  if (!fitting.length) return "undefined";
  return `{ ${fitting.map((one) => `${key(one.name)}${one.required ? "" : "?"}: ${type(one.schema)}`).join("; ")} }`;
}

function answer(responses) {
  const good = Object.entries(responses).find(([status]) => status.startsWith("2"));
  return content(good?.[1]);
}

function content(holder) {
  const schema = holder?.content?.["application/json"]?.schema;
  return schema ? type(schema) : "undefined";
}

function type(schema) {
  if (schema === true || schema === undefined) return "unknown";
  if (schema.$ref) return `Schemas[${JSON.stringify(schema.$ref.split("/").at(-1))}]`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return several.map(type).join(" | ");
  if (schema.allOf) return schema.allOf.map(type).join(" & ");
  const names = [schema.type ?? (schema.properties ? "object" : undefined)].flat();
  return names.map((name) => plain(name, schema)).join(" | ");
}

function plain(name, schema) {
  switch (name) {
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "array":
      return `Array<${type(schema.items)}>`;
    case "object":
      return record(schema);
    default:
      return "unknown";
  }
}

function record(schema) {
  if (!schema.properties) return `Record<string, ${type(schema.additionalProperties || undefined)}>`;
  const required = new Set(schema.required ?? []);
  const members = Object.entries(schema.properties).map(
    ([name, inner]) => `${key(name)}${required.has(name) ? "" : "?"}: ${type(inner)}`,
  );
  return `{ ${members.join("; ")} }`;
}

function key(name) {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name);
}
