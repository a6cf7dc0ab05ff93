// The bytes choose events in one event loop with clients of all dialects and a back end: joins, leaves, publications,
// stalls, broken connections, API calls, flushes. Always: a client gets JSON, one object a line; its offsets in a room
// have no gap; nothing comes after its end.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "api/server_api.h"
#include "core/utf8.h"
#include "dialect/client_info.h"
#include "support/hub_calls.h"
#include "support/hub_settings.h"
#include "support/session_peer.h"

using namespace lws_chat;

namespace {

constexpr std::string_view kRooms[] = {"r", "s", "t", "bare:r", "u"};
constexpr std::string_view kUsers[] = {"u", "v", ""};

struct Bytes {
  const uint8_t* at;
  const uint8_t* end;
  unsigned pick(unsigned n) { return at < end ? *at++ % n : 0; }
  template <size_t n>
  std::string pick(const std::string_view (&from)[n]) {
    return std::string(from[pick(n)]);
  }
};

// A text client or an event stream.
struct Reader final : Client {
  Reader(Hub& hub, KindId kind) : Client(kind), hub_(hub) {}
  ~Reader() override { hub_.leave(*this, 0); }
  bool ready() override { return appetite > 0; }
  size_t write(std::string_view frames) override {
    if (over) std::abort();
    --appetite;
    got += frames.size();
    return frames.size();
  }
  void dismissed(Ending, Time) override { over = true; }
  IdentityPtr identity() override {
    if (!identity_) hub_.presence().introduce(*this, make_identity(hub_.next_id(), {}, {}));
    return identity_;
  }
  Hub& hub_;
  int appetite = 1 << 30;
  size_t got = 0;
  bool over = false;
};

class Chat final : private Fanout {
 public:
  explicit Chat(Bytes bytes) : bytes_(bytes) {}

  void run() {
    while (bytes_.at < bytes_.end) {
      step();
      for (auto& peer : peers_) judge(*peer);
    }
  }

 private:
  struct Peer : SessionPeer {
    using SessionPeer::SessionPeer;
    std::map<std::string, uint64_t> offsets;  // last offset by room
    bool judged_over = false;
    unsigned commands = 1;
  };

  void step() {
    now_ += bytes_.pick(8) * 50;
    switch (bytes_.pick(16)) {
      case 0: return connect();
      case 1: return add_reader();
      case 2: return flush(bytes_.pick(12) + 1);
      case 3: return flush(1000);
      case 4: return resume();
      case 5: return stall();
      case 6: return lose();
      case 7: return call_about_client();
      case 8: return call();
      case 9: return publish_as_reader();
      default: return command();
    }
  }

  Peer* peer() { return peers_.empty() ? nullptr : peers_[bytes_.pick(static_cast<unsigned>(peers_.size()))].get(); }

  void connect() {
    if (peers_.size() >= 6) peers_.erase(peers_.begin());
    auto made = std::make_unique<Peer>(hub_, sessions_, options_);
    std::string data = "{\"user\":\"" + bytes_.pick(kUsers) + "\"";
    if (unsigned name = bytes_.pick(3)) data += ",\"session\":\"" + std::to_string(name) + "\"";
    made->session.receive("{\"id\":1,\"connect\":{\"data\":" + data + "}}}", now_);
    peers_.push_back(std::move(made));
    for (unsigned rooms = bytes_.pick(4); rooms > 0; --rooms) tell(*peers_.back(), command_called("subscribe"));
  }

  void add_reader() {
    if (readers_.size() >= 6) readers_.erase(readers_.begin());
    auto made = std::make_unique<Reader>(hub_, bytes_.pick(2) ? kTextKind : kEventsKind);
    if (lws_chat::join(hub_, *made, bytes_.pick(kRooms), bytes_.pick(4), now_) == Status::kOk)
      readers_.push_back(std::move(made));
  }

  std::string command_called(std::string_view method) {
    std::string body = "{\"channel\":\"" + bytes_.pick(kRooms) + "\"";
    if (method == "publish") body += ",\"data\":" + data();
    if (method == "subscribe" && bytes_.pick(2)) body += ",\"join_leave\":true";
    if (method == "subscribe" && bytes_.pick(3) == 0)
      body += ",\"recover\":true,\"offset\":" + std::to_string(bytes_.pick(6));
    if (method == "history") body += ",\"limit\":" + std::to_string(bytes_.pick(6));
    return "\"" + std::string(method) + "\":" + body + "}";
  }

  std::string data() {
    return "\"" + std::string(bytes_.pick(8) ? bytes_.pick(200) : bytes_.pick(250) * 60, 'x') + "\"";
  }

  void command() {
    static constexpr std::string_view kMethods[] = {"subscribe", "subscribe",      "unsubscribe", "publish",
                                                    "presence",  "presence_stats", "history",     "publish"};
    if (Peer* one = peer()) tell(*one, command_called(bytes_.pick(kMethods)));
  }

  void tell(Peer& one, const std::string& what) {
    if (one.why || one.breaks) return;
    one.session.receive("{\"id\":" + std::to_string(++one.commands) + "," + what + "}", now_);
  }

  void stall() {
    Peer* one = peer();
    if (!one) return;
    one->appetite = static_cast<int>(bytes_.pick(4));
    one->one_frame = bytes_.pick(2) == 1;
    one->allowance = static_cast<int>(bytes_.pick(3));
  }

  void resume() {
    for (auto& one : peers_) {
      one->appetite = bytes_.pick(3) ? 1 << 30 : static_cast<int>(bytes_.pick(4));
      if (!one->why && !one->breaks) one->session.resume(now_);
    }
    for (auto& reader : readers_) {
      reader->appetite = bytes_.pick(3) ? 1 << 30 : 0;
      hub_.pump(*reader, now_);
    }
  }

  void lose() {
    Peer* one = peer();
    if (!one) return;
    switch (bytes_.pick(4)) {
      case 0: one->breaks = true; return;
      case 1: one->session.ping(); return;
      case 2:
        if (!one->why) one->session.end_after_head(Status::kGoingAway, now_);
        return;
      default: break;
    }
    auto place = std::find_if(peers_.begin(), peers_.end(), [one](const auto& each) { return each.get() == one; });
    if (place != peers_.end()) peers_.erase(place);
  }

  void call(std::string_view method, const std::string& body) {
    ServerApi api(hub_, sessions_, idempotency_, revocations_, options_, node_);
    ServerApi::Answer answer = api.call(method, body, now_, 1).value();
    std::string_view json = answer.json;
    if (json.empty() || json.back() != '\n') std::abort();
    json.remove_suffix(1);
    members_of_object(json);
  }

  // The target of a call: a user, a client or a session.
  void call_about_client() {
    bool rooms = bytes_.pick(2) == 1;
    std::string who;
    switch (bytes_.pick(3)) {
      case 0: who = "\"user\":\"" + bytes_.pick(kUsers) + "\""; break;
      case 1: who = "\"session\":\"" + std::to_string(bytes_.pick(2) + 1) + "\""; break;
      default: who = "\"client\":\"" + client() + "\"";
    }
    if (rooms) who += ",\"channel\":\"" + bytes_.pick(kRooms) + "\"";
    call(rooms ? "unsubscribe" : "disconnect", "{" + who + "}");
  }

  std::string client() {
    if (!readers_.empty() && bytes_.pick(2)) {
      IdentityPtr known = readers_[bytes_.pick(static_cast<unsigned>(readers_.size()))]->identity();
      return known ? known->client : std::string();
    }
    Peer* one = peer();
    return one && one->session.identity() ? one->session.identity()->client : std::string();
  }

  void call() {
    static constexpr std::string_view kMethods[] = {"publish",        "presence",  "presence_stats",
                                                    "history",        "channels",  "info",
                                                    "history_remove", "broadcast", "publish"};
    std::string method = bytes_.pick(kMethods);
    std::string room = "\"" + bytes_.pick(kRooms) + "\"";
    if (method == "info" || method == "channels") return call(method, "{}");
    if (method == "broadcast") return call(method, "{\"channels\":[\"r\"," + room + "],\"data\":" + data() + "}");
    std::string body = "{\"channel\":" + room;
    if (method == "publish") {
      body += ",\"data\":" + data();
      if (bytes_.pick(3) == 0) body += ",\"idempotency_key\":\"" + std::to_string(bytes_.pick(3)) + "\"";
      if (bytes_.pick(5) == 0) body += ",\"skip_history\":true";
    }
    call(method, body + "}");
  }

  void publish_as_reader() {
    if (readers_.empty()) return;
    Reader& reader = *readers_[bytes_.pick(static_cast<unsigned>(readers_.size()))];
    if (!reader.room() || reader.leaving()) return;
    std::string text = data();
    lws_chat::say(hub_, reader, text, now_);
  }

  void flush(unsigned budget) {
    flushing_ = true;
    set_gathering(&gathered_);
    hub_.flush(now_, budget);
    set_gathering(nullptr);
    flushing_ = false;
    if (!gathered_.empty()) std::abort();
  }

  Time complete() override {
    std::vector<SessionPeer*> sent = std::move(gathered_);
    gathered_.clear();
    std::vector<Client*> clients;
    set_gathering(nullptr);
    for (SessionPeer* one : sent) {
      clients.push_back(one->gathered);
      one->send_gathered();
    }
    for (Client* client : clients)
      if (client->behind()) hub_.pump(*client, now_);
    if (flushing_) set_gathering(&gathered_);
    return now_;
  }

  void set_gathering(std::vector<SessionPeer*>* where) {
    for (auto& one : peers_) one->gathering = where;
  }

  static std::vector<JsonMember> members_of_object(std::string_view text) {
    std::vector<JsonMember> members;
    if (!is_utf8(text) || !take_object(text, members) || !text.empty()) std::abort();
    return members;
  }

  static std::vector<JsonMember> object_in(const std::vector<JsonMember>& members, std::string_view name) {
    for (const JsonMember& member : members)
      if (member.name == name) return members_of(member.value);
    return {};
  }
  static bool has(const std::vector<JsonMember>& members, std::string_view name) {
    for (const JsonMember& member : members)
      if (member.name == name) return true;
    return false;
  }

  static void judge(Peer& one) {
    if (one.judged_over && !one.bytes.empty()) std::abort();
    for (const std::string& text : one.take()) judge_text(one, text);
    if (!one.why) return;
    one.judged_over = true;
    if (one.session.behind()) std::abort();
  }

  static void judge_text(Peer& one, const std::string& text) {
    std::vector<JsonMember> members = members_of_object(text);
    std::vector<JsonMember> push = object_in(members, "push");
    std::string room = text_in(push, "channel");
    // After a new start, or after a removal, any offset may come next.
    if (has(members, "subscribe") || has(members, "unsubscribe")) one.offsets.clear();
    if (has(push, "unsubscribe")) one.offsets.erase(room);
    uint64_t offset = number_in(object_in(push, "pub"), "offset");
    if (offset == 0) return;
    auto [last, fresh] = one.offsets.emplace(room, offset);
    if (!fresh && offset != last->second + 1) std::abort();
    last->second = offset;
  }

  static std::string text_in(const std::vector<JsonMember>& members, std::string_view name) {
    for (const JsonMember& member : members)
      if (member.name == name) return unquoted(member.value);
    return {};
  }
  static uint64_t number_in(const std::vector<JsonMember>& members, std::string_view name) {
    uint64_t number = 0;
    for (const JsonMember& member : members)
      if (member.name == name && !read_number(member.value, UINT64_MAX, number)) std::abort();
    return number;
  }

  Bytes bytes_;
  Time now_ = 1;
  Options options_ = default_options();
  Sessions sessions_;
  Idempotency idempotency_;
  Revocations revocations_;
  ServerApi::Node node_{"node", "name", 0};
  std::vector<SessionPeer*> gathered_;
  bool flushing_ = false;
  Hub hub_{tight_settings(), stream_kinds(), {this}};
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Chat({data, data + size}).run();
  return 0;
}
