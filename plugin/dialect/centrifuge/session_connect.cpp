// The session's beginning: who the client is, and the rooms that the server puts it into.
#include <utility>

#include "access/emulated_headers.h"
#include "dialect/arrival.h"
#include "dialect/centrifuge/connecting.h"
#include "dialect/centrifuge/session.h"
#include "dialect/centrifuge/subscription.h"
#include "dialect/client_info.h"
#include "dialect/stream_kinds.h"

namespace lws_chat {
namespace {

// The longest data of `connect`, in bytes.
constexpr size_t kMaxConnectData = 4096;

// About the cost of a known client in bytes, in addition to its data.
constexpr size_t kIdentity = 512;
constexpr Time kSecond = 1'000'000;

// What a client says about itself in the data of `connect`.
struct Said {
  std::string user;
  std::string session;
  std::string_view info;  // JSON
};

// Returns the problem with it, or an empty text.
std::string read_said(std::string_view data, Said& said) {
  Request fields;
  std::vector<JsonMember> members;
  std::string_view rest = data;
  if (take_object(rest, members)) fields = Request(std::move(members));
  said.user = fields.text("user");
  said.session = fields.text("session");
  said.info = fields.json("info");
  if (said.info.empty() && said.session.empty()) said.info = data;
  if (said.info == "null") said.info = {};
  return fields.problem();
}

// Reads `subs`: the rooms that the client was in, with its position if it wants what it has missed. Returns the problem
// with it, or an empty text. Centrifugo ignores unknown types of delta here.
template <typename Seen>
std::string read_seen(std::string_view json, Seen& seen) {
  std::vector<JsonMember> rooms;
  if (json.empty() || json == "null") return "";
  if (!take_object(json, rooms)) return "subs must be an object";
  for (JsonMember& room : rooms) {
    if (room.value.kind != JsonKind::kObject || !is_room_name(room.name))
      return "subs must have an object for each room";
    Request fields(members_of(room.value));
    typename Seen::mapped_type known;
    if (fields.flag("recover")) known.position = Position{fields.text("epoch"), fields.number("offset")};
    known.delta = fields.text("delta") == kFossil;
    if (!fields.problem().empty()) return "subs: " + fields.problem();
    seen.emplace(std::move(room.name), std::move(known));
  }
  return "";
}

// About the bytes that a guest and its identity hold.
size_t size_of(const Guest& guest) {
  size_t bytes = sizeof guest + 3 * guest.user.size() + 2 * guest.info.size() + guest.data.size() + guest.meta.size();
  for (const ServerSubscription& room : guest.rooms)
    bytes += sizeof room + room.room.size() + room.info.size() + room.data.size();
  return bytes;
}

}  // namespace

HookClient Session::about_me() const {
  HookClient about;
  about.client = identity_ ? identity_->client : connecting_->client;
  about.transport = link_.transport();
  about.headers = link_.headers();
  if (encoding_ == Encoding::kProtobuf) about.protocol = "protobuf";
  about.emulated = emulated_.get();
  if (!guest_) return about;
  about.user = guest_->user;
  about.meta = guest_->meta;
  return about;
}

void Session::connect(Command& command, Time now) {
  std::string_view data = command.request.json("data");
  if (data.size() > kMaxConnectData)
    return refuse(command, ClientError::kLimitExceeded,
                  "data is larger than " + std::to_string(kMaxConnectData) + " bytes");
  std::string token = command.request.text("token");
  std::string name = command.request.text("name");
  std::string version = command.request.text("version");
  (void)command.request.signed_number("flag", INT64_MIN, INT64_MAX);
  std::string problem = command.request.problem();
  auto connecting = std::make_unique<Connecting>();
  if (problem.empty()) problem = read_seen(command.request.json("subs"), connecting->seen);
  HookHeaders emulated;
  if (problem.empty())
    problem = read_emulated_headers(command.request.json("headers"), options_.hooks.emulated_headers, emulated);
  Said said;
  std::string problem_of_said = read_said(data, said);
  // Where others say who a client is, its data is the back end's business.
  if (problem.empty() && !problem_of_said.empty() && !doorman_.verifies()) problem = "data: " + problem_of_said;
  if (problem.empty() && connecting->seen.size() > options_.max_subscriptions) problem = "subs has too many rooms";
  if (!problem.empty()) return refuse(command, ClientError::kBadRequest, problem);
  connecting->claimed = claimed_.bytes();
  if (!claim(kIdentity + 3 * data.size() + size_of(emulated))) return end({Status::kNoMemory}, now);
  emulated_ = emulated.empty() ? nullptr : std::make_unique<const HookHeaders>(std::move(emulated));

  connecting->command.id = command.id;
  connecting->command.name = command.name;
  connecting->client = hub_.next_id();
  connecting->data = data;
  connecting->user = std::move(said.user);
  connecting->info = said.info;
  connecting->session_name = std::move(said.session);
  connecting_ = std::move(connecting);
  std::vector<std::string> rooms;
  for (const auto& [room, known] : connecting_->seen) rooms.push_back(room);
  ConnectQuestion question{about_me(), data, name, version, &rooms};
  when(doorman_.admit(token, question, unix_seconds()),
       [this, now](const Outcome<GuestPtr>& outcome) { admitted(outcome, now); });
}

void Session::admitted(const Outcome<GuestPtr>& outcome, Time now) {
  if (outcome.denial) {
    std::unique_ptr<Connecting> over = std::move(connecting_);
    claimed_.set(over->claimed);
    return deny(over->command, *outcome.denial, now);
  }
  if (outcome.value && !claim(size_of(*outcome.value))) return end({Status::kNoMemory}, now);
  guest_ = outcome.value;
  expiry_.at = guest_ ? guest_->expires_at : 0;
  name_session(now);
  when(find_identity(now), [this, now](const IdentityPtr& before) { identified(before, now); });
}

// Another connection may have got the session while this one waited for the answer.
void Session::identified(const IdentityPtr& before, Time now) {
  if (replace_former(now))
    return when(find_identity(now), [this, now](const IdentityPtr& again) { identified(again, now); });
  identify(before, now);
  if (guest_)
    for (const ServerSubscription& room : guest_->rooms) connecting_->rooms.push_back({room.room, invitation_of(room)});
  for (const auto& [room, known] : connecting_->seen)
    if (!hub_.settings_of(room).subscribe_hook) connecting_->rooms.push_back({room, nullptr});
  enter_rooms(now);
}

// The user, as a token or a back end says, or else the client itself.
std::string Session::user_of_guest() const {
  if (guest_) return guest_->user;
  return doorman_.verifies() ? std::string() : connecting_->user;
}

// A client whose user is not confirmed cannot take a confirmed user's session, nor its place.
void Session::name_session(Time now) {
  Connecting& said = *connecting_;
  bool verified = doorman_.verifies();
  std::string user = user_of_guest();
  // No two pairs of user and name make the same key.
  std::string owner = verified ? std::to_string(user.size()) + ':' + user : std::string();
  bool named = !said.session_name.empty();
  if (named) {
    key_ = key_of(owner);
    name_at_ = static_cast<uint32_t>(key_.size());
    key_ += said.session_name;
  }
  if (!named && !said.data.empty() && said.data != "null" && said.data != "{}") key_ = "data " + owner + said.data;

  (void)replace_former(now);
}

// Returns true if another connection had the session. It is over.
bool Session::replace_former(Time now) {
  Visitor* former = name_at_ > 0 ? sessions_.of_key(key_) : nullptr;
  if (former) former->end({Status::kReplaced}, now);
  return former != nullptr;
}

Deferred<IdentityPtr> Session::find_identity(Time now) {
  if (key_.empty()) return IdentityPtr();
  return hub_.presence().take_back(key_, now);
}

void Session::identify(const IdentityPtr& before, Time now) {
  Connecting& said = *connecting_;
  bool named = !said.session_name.empty();
  std::string user = user_of_guest();
  // Where others say who a client is, what it says itself must not look like that.
  std::string info = guest_ ? guest_->info : said.info;
  if (!guest_ && doorman_.verifies() && !info.empty()) info = "{\"claimed\":" + info + "}";
  identity_ = before;
  IdentityPtr fresh = make_identity(identity_ ? identity_->client : said.client, user, info);
  // A client that now says something else about itself is another client, even with the same session.
  if (!identity_ || identity_->json != fresh->json)
    identity_ = identity_ ? make_identity(hub_.next_id(), user, info) : fresh;
  sessions_.add(*this, *identity_, named ? std::string_view(key_) : std::string_view(), place_);
  if (named) hub_.presence().arrive(key_, identity_, now);
}

// The hub may answer late. Then the rooms behind this one wait.
void Session::enter_rooms(Time now) {
  if (ended_) return;
  if (connecting_->next == connecting_->rooms.size()) return finish_connecting(now);
  const Connecting::Entry& entry = connecting_->rooms[connecting_->next];
  bool known = subscriptions_.count(entry.room) > 0;
  if (!known && subscriptions_.size() >= options_.max_subscriptions) return abandon(Status::kTooManyRooms, now);
  if (!known && !claim(cost_of(entry.room, entry.invitation))) return abandon(Status::kNoMemory, now);
  if (known) {
    ++connecting_->next;
    return enter_rooms(now);
  }
  auto seen = connecting_->seen.find(entry.room);
  bool delta = seen != connecting_->seen.end() && seen->second.delta;
  Subscription& subscription = add(entry.room, entry.invitation, false, delta);
  subscription.set_by_server();
  when(join(subscription, now), [this, now](Status status) { entered(status, now); });
}

void Session::entered(Status status, Time now) {
  const Connecting::Entry& entry = connecting_->rooms[connecting_->next++];
  auto place = subscriptions_.find(entry.room);
  if (status == Status::kOk) {
    ++joined_;
    std::string& results = connecting_->results;
    if (!results.empty()) results += ',';
    append_quoted(results, entry.room);
    auto seen = connecting_->seen.find(entry.room);
    bool asked = seen != connecting_->seen.end();
    results.append(":").append(
        join_result(place->second, Telling::kReply, asked ? seen->second.position : std::nullopt, now));
  } else {
    forget(place);
    // A room that only the client asks for is left out, as if it had not asked. One that cannot be used just now would
    // stay left out.
    if (entry.invitation || status == Status::kUnavailable) return abandon(status, now);
  }
  enter_rooms(now);
}

// The client cannot be where its token or the back end wants it to be.
void Session::abandon(Status status, Time now) {
  std::unique_ptr<Connecting> over = std::move(connecting_);
  for (auto& [name, subscription] : subscriptions_) hub_.leave(subscription, now);
  subscriptions_.clear();
  joined_ = 0;
  sessions_.remove(place_);
  forget_name();
  identity_ = nullptr;
  guest_ = nullptr;
  expiry_.at = 0;
  key_.clear();
  name_at_ = 0;
  claimed_.set(over->claimed);
  refuse_for(over->command, status);
}

void Session::finish_connecting(Time now) {
  std::unique_ptr<Connecting> done = std::move(connecting_);
  link_.connected();
  std::string result = "{\"client\":\"" + identity_->client + "\",\"version\":\"lws-chat " LWS_CHAT_VERSION "\"";
  if (expiry_.at > 0 && !server_renews()) result += "," + ttl_of(expiry_.at);
  if (guest_ && !guest_->data.empty()) result.append(",\"data\":").append(guest_->data);
  if (!done->results.empty()) result.append(",\"subs\":{").append(done->results).append("}");
  if (options_.ping_interval > 0)
    result += ",\"ping\":" + std::to_string(options_.ping_interval / kSecond) + ",\"pong\":true";
  std::string emulation = link_.emulation();
  if (!emulation.empty()) result.append(",").append(emulation);
  reply(done->command, result + "}");
  schedule_expiry(now);
  if (joined_ > 0) link_.ask_to_resume();
}

}  // namespace lws_chat
