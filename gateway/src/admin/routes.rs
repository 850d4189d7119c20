//! What can be asked of the admin API. Each handler stands with its part of the OpenAPI document, from which the router is made.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router, middleware};
use miniapp_rtc::protocol::{AppId, RoomId, StreamKind, Tracks, UserId};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::credential::require;
use super::refusal::{AdminRefusal, RefusalBody};
use super::secret::AdminSecret;
use crate::node::Place;
use crate::room::{Input, Order, RoomName, RoomSummary, RoomView};
use crate::shared::SharedParts;

/// All of the admin API, for a [`Door`](crate::door::Door) of its own.
pub(crate) fn router(shared: Arc<SharedParts>, secret: AdminSecret) -> Router {
    let (router, document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(list_rooms))
        .routes(routes!(show_room))
        .routes(routes!(kick))
        .routes(routes!(dissolve))
        .routes(routes!(ban))
        .routes(routes!(unban))
        .routes(routes!(mute))
        .routes(routes!(drain))
        .split_for_parts();
    let document = Arc::new(document);
    router
        .route("/openapi.json", get(move || async move { Json(document.as_ref().clone()) }))
        .fallback(|| async { AdminRefusal::NoSuchPath })
        .method_not_allowed_fallback(|| async { AdminRefusal::NoSuchMethod })
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(Arc::new(secret), require))
        .with_state(shared)
}

/// The head of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(title = "miniapp-rtc gateway: admin API", description = "What an operator sees and orders."),
    modifiers(&Bearer),
    security(("secret" = []))
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        document.components.get_or_insert_default().add_security_scheme("secret", scheme);
    }
}

/// Which rooms to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Listed {
    /// Only rooms of this application.
    #[param(value_type = Option<String>)]
    app: Option<AppId>,
    /// Only rooms after this one: the `next` of the list before.
    after: Option<String>,
    /// At most so many rooms; 1000 at most, 100 where it is missing.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// A list of rooms.
#[derive(Debug, Serialize, ToSchema)]
struct RoomList {
    /// The rooms, in the order of their applications and ids.
    rooms: Vec<RoomSummary>,
    /// Where the list goes on; missing where there is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which room is meant.
#[derive(Clone, Debug, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    /// The application that the room belongs to.
    #[param(value_type = String)]
    #[schema(value_type = String)]
    app: AppId,
    /// The room's id in it.
    #[param(value_type = String)]
    #[schema(value_type = String)]
    room: RoomId,
}

/// Which member is meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NamedMember {
    /// The application that the room belongs to.
    #[schema(value_type = String)]
    app: AppId,
    /// The room's id in it.
    #[schema(value_type = String)]
    room: RoomId,
    /// The id of the member's user: the one it joined with.
    #[schema(value_type = String)]
    user: UserId,
}

/// Who is kept out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Ban {
    /// The application that the room belongs to.
    #[schema(value_type = String)]
    app: AppId,
    /// The room's id in it.
    #[schema(value_type = String)]
    room: RoomId,
    /// The id of the user, who need not be in the room.
    #[schema(value_type = String)]
    user: UserId,
    /// For how many seconds from now: 31 days at most.
    #[schema(minimum = 1, maximum = 2_678_400)]
    seconds: u32,
}

/// What of a stream is let through.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Mute {
    /// The application that the room belongs to.
    #[schema(value_type = String)]
    app: AppId,
    /// The room's id in it.
    #[schema(value_type = String)]
    room: RoomId,
    /// The id of the member's user: the one it joined with.
    #[schema(value_type = String)]
    user: UserId,
    /// Which of the member's streams: `camera`, also where it is missing, or `screen`.
    #[serde(default)]
    #[schema(value_type = String)]
    kind: StreamKind,
    /// Whether sound is let through.
    audio: bool,
    /// Whether pictures are let through.
    video: bool,
}

impl From<Named> for RoomName {
    fn from(Named { app, room }: Named) -> Self {
        Self { app, room }
    }
}

/// Lists rooms by their applications and ids, some at a time.
#[utoipa::path(
    get,
    path = "/v1/rooms",
    params(Listed),
    responses(
        (status = 200, body = RoomList),
        (status = 400, body = RefusalBody),
        (status = 401, body = RefusalBody),
        (status = 503, body = RefusalBody)
    )
)]
async fn list_rooms(
    State(shared): State<Arc<SharedParts>>,
    listed: Result<Query<Listed>, QueryRejection>,
) -> Result<Json<RoomList>, AdminRefusal> {
    let Query(Listed { app, after, limit }) = listed?;
    let limit = limit.unwrap_or(ROOMS_LISTED);
    if !(1..=MOST_ROOMS_LISTED).contains(&limit) {
        return Err(AdminRefusal::BadRequest(format!("limit must be 1 to {MOST_ROOMS_LISTED}")));
    }
    let after = match after.as_deref().map(|after| after.split_once('/')) {
        None => None,
        Some(Some((app, room))) => Some((app.to_owned(), room.to_owned())),
        Some(None) => return Err(AdminRefusal::BadRequest("after must be the next of the list before".into())),
    };
    let key = |room: &RoomSummary| (room.app.as_str().to_owned(), room.room.as_str().to_owned());
    let mut rooms = shared.engine.rooms().await?;
    rooms.retain(|room| app.as_ref().is_none_or(|app| room.app == *app));
    rooms.retain(|room| after.as_ref().is_none_or(|after| key(room) > *after));
    rooms.sort_by_cached_key(key);
    let is_more = rooms.len() > limit;
    rooms.truncate(limit);
    let next = rooms.last().filter(|_| is_more).map(|last| format!("{}/{}", last.app, last.room));
    Ok(Json(RoomList { rooms, next }))
}

/// Shows who is in a room, which streams there are, and who is kept out.
#[utoipa::path(
    get,
    path = "/v1/room",
    params(Named),
    responses(
        (status = 200, body = RoomView),
        (status = 400, body = RefusalBody),
        (status = 401, body = RefusalBody),
        (status = 404, description = "room_unknown", body = RefusalBody),
        (status = 503, body = RefusalBody)
    )
)]
async fn show_room(
    State(shared): State<Arc<SharedParts>>,
    named: Result<Query<Named>, QueryRejection>,
) -> Result<Json<RoomView>, AdminRefusal> {
    let Query(named) = named?;
    view(&shared, &named.into()).await.map(Json)
}

/// Puts a member out of its room. The user may join again.
#[utoipa::path(
    post,
    path = "/v1/kick",
    request_body = NamedMember,
    responses(
        (status = 204, description = "The member is out."),
        (status = 400, body = RefusalBody),
        (status = 401, body = RefusalBody),
        (status = 404, description = "room_unknown or member_unknown", body = RefusalBody),
        (status = 503, body = RefusalBody)
    )
)]
async fn kick(
    State(shared): State<Arc<SharedParts>>,
    named: Result<Json<NamedMember>, JsonRejection>,
) -> Result<StatusCode, AdminRefusal> {
    let Json(NamedMember { app, room, user }) = named?;
    let name = RoomName { app, room };
    require_member(&shared, &name, &user).await?;
    order(&shared, name, Order::Kick(user)).await
}

/// Puts all members out of a room, which ends it. They may join again.
#[utoipa::path(
    post,
    path = "/v1/dissolve",
    request_body = Named,
    responses(
        (status = 204, description = "The room has ended."),
        (status = 400, body = RefusalBody),
        (status = 401, body = RefusalBody),
        (status = 404, description = "room_unknown", body = RefusalBody),
        (status = 503, body = RefusalBody)
    )
)]
async fn dissolve(
    State(shared): State<Arc<SharedParts>>,
    named: Result<Json<Named>, JsonRejection>,
) -> Result<StatusCode, AdminRefusal> {
    let Json(named) = named?;
    let name = RoomName::from(named);
    view(&shared, &name).await?;
    order(&shared, name, Order::Dissolve).await
}

/// Keeps a user out of a room for a while, and puts it out if it is there. The room need not exist. A later ban replaces an
/// earlier one.
#[utoipa::path(
    post,
    path = "/v1/ban",
    request_body = Ban,
    responses(
        (status = 204, description = "The user is kept out."),
        (status = 400, body = RefusalBody),
        (status = 401, body = RefusalBody),
        (status = 503, body = RefusalBody)
    )
)]
async fn ban(
    State(shared): State<Arc<SharedParts>>,
    ban: Result<Json<Ban>, JsonRejection>,
) -> Result<StatusCode, AdminRefusal> {
    let Json(Ban { app, room, user, seconds }) = ban?;
    if !(1..=LONGEST_BAN_S).contains(&seconds) {
        return Err(AdminRefusal::BadRequest(format!("seconds must be 1 to {LONGEST_BAN_S}")));
    }
    if !shared.apps.serves(&app) {
        return Err(AdminRefusal::BadRequest("this gateway does not serve the application".into()));
    }
    order(&shared, RoomName { app, room }, Order::Ban { user, seconds }).await
}

/// Ends a ban before its time.
#[utoipa::path(
    post,
    path = "/v1/unban",
    request_body = NamedMember,
    responses(
        (status = 204, description = "The user may join."),
        (status = 400, body = RefusalBody),
        (status = 401, body = RefusalBody),
        (status = 404, description = "room_unknown or ban_unknown", body = RefusalBody),
        (status = 503, body = RefusalBody)
    )
)]
async fn unban(
    State(shared): State<Arc<SharedParts>>,
    named: Result<Json<NamedMember>, JsonRejection>,
) -> Result<StatusCode, AdminRefusal> {
    let Json(NamedMember { app, room, user }) = named?;
    let name = RoomName { app, room };
    if !view(&shared, &name).await?.bans.iter().any(|ban| ban.user == user) {
        return Err(AdminRefusal::BanUnknown);
    }
    order(&shared, name, Order::Unban(user)).await
}

/// Says which tracks of a member's camera or screen are let through, for as long as the room lives: for its stream of now and
/// for later ones. A track flows where its publisher has it on as well.
#[utoipa::path(
    post,
    path = "/v1/mute",
    request_body = Mute,
    responses(
        (status = 204, description = "The tracks are on or off."),
        (status = 400, body = RefusalBody),
        (status = 401, body = RefusalBody),
        (status = 404, description = "room_unknown or member_unknown", body = RefusalBody),
        (status = 503, body = RefusalBody)
    )
)]
async fn mute(
    State(shared): State<Arc<SharedParts>>,
    mute: Result<Json<Mute>, JsonRejection>,
) -> Result<StatusCode, AdminRefusal> {
    let Json(Mute { app, room, user, kind, audio, video }) = mute?;
    let name = RoomName { app, room };
    require_member(&shared, &name, &user).await?;
    order(&shared, name, Order::Mute { user, kind, allowed: Tracks { audio, video } }).await
}

/// Empties this gateway: it opens no more sockets, tells every client to resume on another gateway, and says `draining` at
/// `/healthz`. The process goes on until it is stopped.
#[utoipa::path(
    post,
    path = "/v1/drain",
    responses(
        (status = 204, description = "The gateway drains, or did so already."),
        (status = 401, body = RefusalBody)
    )
)]
async fn drain(State(shared): State<Arc<SharedParts>>) -> StatusCode {
    info!(sockets = shared.open.len(), "the operator orders: drain");
    shared.drain.cancel();
    StatusCode::NO_CONTENT
}

async fn require_member(shared: &SharedParts, name: &RoomName, user: &UserId) -> Result<(), AdminRefusal> {
    let is_there = view(shared, name).await?.members.iter().any(|member| member.user == *user);
    if is_there { Ok(()) } else { Err(AdminRefusal::MemberUnknown) }
}

async fn view(shared: &SharedParts, name: &RoomName) -> Result<RoomView, AdminRefusal> {
    shared.engine.view(name).await?.ok_or(AdminRefusal::RoomUnknown)
}

async fn order(shared: &SharedParts, name: RoomName, order: Order) -> Result<StatusCode, AdminRefusal> {
    info!(room = %name, ?order, "the operator orders");
    shared.engine.submit(&Place::Room(name), Input::Order(order)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rooms of a list where the request does not say how many.
const ROOMS_LISTED: usize = 100;
/// The most rooms of a list.
const MOST_ROOMS_LISTED: usize = 1_000;
/// The longest ban: 31 days.
const LONGEST_BAN_S: u32 = 31 * 24 * 60 * 60;
/// The most that a request's body may have.
const BODY_BYTES: usize = 16 << 10;
