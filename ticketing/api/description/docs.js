// Show the description of the API: a file of its own, so that the page runs no script that stands in it.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  // Nothing is sent elsewhere, and no token is kept.
  validatorUrl: null,
  persistAuthorization: false,
});
