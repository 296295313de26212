//! Handlers that do nothing but pass a message on.

/// For each line a handler for axum, described for OpenAPI: it passes the message on to the service's method, with the organisation
/// that the client certificate names, and answers as that does. Its crate needs `axum`, `utoipa` and `wire`.
///
/// ```ignore
/// protocol::passed_on! { Service;
///     "/objections" object => file_objection(Objection) -> Acknowledged;
/// }
/// ```
#[macro_export]
macro_rules! passed_on {
    ($service:ty; $($path:literal $name:ident => $method:ident($question:ty) -> $answer:ty;)*) => {
        $(
            #[utoipa::path(post, path = $path, request_body = $question,
                responses((status = 200, body = $answer), (status = "4XX", description = "RFC 9457 problem")))]
            async fn $name(
                axum::extract::State(service): axum::extract::State<$service>,
                axum::Extension(peer): axum::Extension<wire::Peer>,
                wire::Json(question): wire::Json<$question>,
            ) -> Result<axum::Json<$answer>, wire::Problem> {
                service.$method(&peer.0, question).await.map(axum::Json)
            }
        )*
    };
}
