// A failed allocation costs at most the client that needed it. The N-th allocation of a scenario fails, for each N.
// Then everything else goes on.
#include <memory>
#include <new>
#include <optional>
#include <set>

#include "api/server_api.h"
#include "dialect/client_info.h"
#include "support/failing_new.h"
#include "support/hub_calls.h"
#include "support/hub_settings.h"
#include "support/session_peer.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr Time kSecond = 1'000'000;

void encode(FrameSink& sink, const Event& event) { sink.append(event.message.payload, ";"); }

// A text client or an event stream. It needs no memory to take data.
struct Reader final : Client {
  Reader(Hub& hub, KindId kind) : Client(kind), hub_(hub) { got.reserve(1 << 16); }
  ~Reader() override { hub_.leave(*this, 0); }
  bool ready() override { return appetite > 0; }
  size_t write(std::string_view frames) override {
    CHECK(!why);
    --appetite;
    got += frames;
    return frames.size();
  }
  void dismissed(Ending ending, Time) override { why = ending.why; }
  IdentityPtr identity() override {
    if (!identity_) hub_.presence().introduce(*this, make_identity(hub_.next_id(), {}, {}));
    return identity_;
  }
  Hub& hub_;
  int appetite = 1 << 30;
  std::string got;
  size_t start = 0;  // position in World::published at its join
  std::optional<Status> why;
};

struct Peer final : SessionPeer {
  using SessionPeer::SessionPeer;
  std::set<std::string> present;  // members that it knows of
  uint64_t offset = 0;            // last offset; 0: none
};

std::vector<JsonMember> object_in(const std::vector<JsonMember>& members, std::string_view name) {
  for (const JsonMember& member : members)
    if (member.name == name) return members_of(member.value);
  return {};
}
std::string_view value_in(const std::vector<JsonMember>& members, std::string_view name) {
  for (const JsonMember& member : members)
    if (member.name == name) return member.value.text;
  return {};
}

struct World final : Fanout {
  World() { gathered.reserve(100); }
  ~World() {
    readers.clear();
    peers.clear();
  }

  // Text clients and event streams get the same bytes.
  static StreamKinds kinds() {
    StreamKinds kinds = stream_kinds();
    kinds[kTextKind].encode = kinds[kEventsKind].encode = encode;
    return kinds;
  }
  static Hub::Settings settings() {
    Hub::Settings settings = ample_settings();
    settings.rooms.history = {1000, 1 << 20, 300 * kSecond};
    return settings;
  }

  // Runs an action like the callback does: a client whose action fails is closed.
  template <typename Work>
  void attempt(Peer* subject, Work&& work) {
    uint64_t before = hub.counters().messages_in;
    bool failed = false;
    try {
      Armed now_armed;
      work();
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    if (hub.counters().messages_in > before) published += payload + ";";
    if (failed && subject) lose(*subject);
  }

  void lose(Peer& subject) {
    Armed now_armed;
    subject.session.lost(now);
    if (!subject.why) subject.why = Status::kInternalError;
  }

  // The next message.
  const std::string& next() {
    ++numbered;
    return payload = "\"" + std::string(numbered % 3 == 0 ? 3000 : 3, 'x') + std::to_string(numbered) + "\"";
  }

  Peer& connect(const char* data, const char* more = "") {
    peers.push_back(std::make_unique<Peer>(hub, sessions, options));
    Peer& made = *peers.back();
    made.bytes.reserve(1 << 20);
    attempt(&made, [&] { made.session.receive(R"({"id":1,"connect":{"data":)" + std::string(data) + "}}", now); });
    say(made, std::string(R"("subscribe":{"channel":"r")") + more + "}");
    return made;
  }

  void say(Peer& peer, const std::string& command) {
    if (peer.why) return;
    std::string text = "{\"id\":" + std::to_string(++id) + "," + command + "}";
    attempt(&peer, [&] { peer.session.receive(text, now); });
  }

  void publish(Peer& peer) { say(peer, "\"publish\":{\"channel\":\"r\",\"data\":" + next() + "}"); }

  Reader* read(KindId kind, uint64_t replay) {
    auto made = std::make_unique<Reader>(hub, kind);
    made->start = published.size();
    for (uint64_t left = replay; left > 0 && made->start > 0; --left) {
      size_t end = published.rfind(';', made->start - 2);
      made->start = made->start < 2 || end == std::string::npos ? 0 : end + 1;
    }
    bool in = false;
    try {
      Armed now_armed;
      in = lws_chat::join(hub, *made, "r", replay, now) == Status::kOk;
    } catch (const std::bad_alloc&) {
      CHECK(!made->room());
    }
    if (!in) return nullptr;
    readers.push_back(std::move(made));
    return readers.back().get();
  }

  void publish(Reader* reader) {
    if (!reader || !reader->room()) return;
    const std::string& text = next();
    attempt(nullptr, [&] { lws_chat::say(hub, *reader, text, now, Format::kJson); });
  }

  void call(std::string_view method, const std::string& body) {
    attempt(nullptr, [&] {
      (void)ServerApi(hub, sessions, idempotency, revocations, options, node).call(method, body, now, 1);
    });
  }

  Time complete() override {
    bool was_armed = std::exchange(armed, false);
    std::vector<SessionPeer*> sent = gathered;
    gathered.clear();
    armed = was_armed;
    for (auto& peer : peers) peer->gathering = nullptr;
    for (SessionPeer* peer : sent) {
      Client* client = peer->gathered;
      peer->send_gathered();
      if (client->behind()) hub.pump(*client, now);
    }
    return now;
  }

  // Repeats a flush that fails.
  void flush() {
    for (int i = 0; i < 20 && hub.due() <= now; ++i) {
      for (auto& peer : peers) peer->gathering = &gathered;
      try {
        Armed now_armed;
        hub.flush(now, 3);
      } catch (const std::bad_alloc&) {
      }
      for (auto& peer : peers) peer->gathering = nullptr;
      CHECK(gathered.empty());
    }
    for (auto& peer : peers)
      if (!peer->why && (peer->asked || peer->session.behind()))
        attempt(peer.get(), [&] { peer->session.resume(now); });
    for (auto& reader : readers)
      if (reader->behind()) attempt(nullptr, [&] { hub.pump(*reader, now); });
    for (auto& peer : peers) look(*peer);
  }

  // Each client's data must be complete and without a gap.
  void look(Peer& peer) {
    for (const std::string& text : peer.take()) {
      std::string_view rest = text;
      std::vector<JsonMember> members;
      CHECK(take_object(rest, members) && rest.empty());
      std::vector<JsonMember> push = object_in(members, "push");
      std::string_view number = value_in(object_in(push, "pub"), "offset");
      if (!number.empty()) {
        uint64_t offset = std::stoull(std::string(number));
        CHECK(peer.offset == 0 || offset == peer.offset + 1);
        peer.offset = offset;
      }
      for (bool joins : {true, false}) {
        std::string_view client = value_in(object_in(object_in(push, joins ? "join" : "leave"), "info"), "client");
        if (client.empty()) continue;
        CHECK(joins ? peer.present.insert(std::string(client)).second : peer.present.erase(std::string(client)) == 1);
      }
    }
  }

  void scenario();
  void check();

  Time now = kSecond;
  Options options = default_options();
  Sessions sessions;
  Idempotency idempotency;
  Revocations revocations;
  ServerApi::Node node{"node", "name", 0};
  std::vector<SessionPeer*> gathered;
  Hub hub{settings(), kinds(), {this}};
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<std::unique_ptr<Reader>> readers;
  std::string published;  // all payloads, in order
  std::string payload;
  unsigned numbered = 0;
  unsigned id = 1;
};

void World::scenario() {
  Peer& watcher = connect(R"({"user":"w"})", R"(,"join_leave":true)");
  Peer& ann = connect(R"({"user":"ann","session":"a"})");
  Reader* text = read(kTextKind, 0);
  Reader* events = read(kEventsKind, 0);
  for (int i = 0; i < 3; ++i) {
    publish(ann);
    publish(text);
    call("publish", R"({"channel":"r","idempotency_key":")" + std::to_string(i) + "\",\"data\":" + next() + "}");
    flush();
  }
  if (text) text->appetite = 0;
  call("broadcast", R"({"channels":["r"],"data":)" + next() + "}");
  flush();
  if (text) text->appetite = 1 << 30;
  read(kTextKind, 4);
  Peer& ben = connect(R"({"user":"ben","session":"b"})", R"(,"recover":true,"offset":2)");
  for (const char* method : {"presence", "presence_stats", "history"})
    for (Peer* peer : {&ann, &watcher}) say(*peer, "\"" + std::string(method) + R"(":{"channel":"r","limit":3})");
  for (const char* method : {"presence", "presence_stats", "history"}) call(method, R"({"channel":"r"})");
  call("channels", "{}");
  call("info", "{}");
  flush();
  // Lost and back in time, lost for good, unsubscribed, ended.
  lose(ben);
  connect(R"({"user":"ben","session":"b"})");
  publish(watcher);
  flush();
  lose(ann);
  now += 10 * kSecond;
  flush();
  Peer& cat = connect(R"({"user":"cat"})");
  call("unsubscribe", R"({"channel":"r","user":"cat"})");
  say(cat, R"("history":{"channel":"r"})");
  flush();
  connect(R"({"user":"dan"})");
  call("disconnect", R"({"user":"dan"})");
  if (events) hub.leave(*events, now);
  flush();
}

void World::check() {
  flush();
  now += 10 * kSecond;
  flush();
  // All remaining clients go on, and new ones get everything.
  Peer& late = connect(R"({"user":"late"})", R"(,"recover":true,"offset":0)");
  CHECK(!late.why);
  Reader* reader = read(kTextKind, 0);
  for (int i = 0; i < 3; ++i) publish(late), flush(), publish(reader), flush();
  const Room& room = *hub.find("r");
  std::string kept;
  uint64_t first = room.history().first();
  CHECK_EQ(first, 1u);
  for (History::Reader entries = room.history().from(first); entries.offset() <= room.history().top();)
    kept.append(entries.next().message.payload).append(";");
  CHECK_EQ(kept, published);
  for (auto& one : readers) {
    if (one->why || !one->room()) continue;
    CHECK_EQ(one->got, published.substr(one->start));
  }
  std::set<std::string> present;
  for (Client* member : room.members())
    if (IdentityPtr identity = member->identity()) present.insert("\"" + identity->client + "\"");
  for (auto& one : peers) {
    if (one->why || one->session.behind()) continue;
    bool member = one->session.identity() && present.count("\"" + one->session.identity()->client + "\"") > 0;
    if (member && one->offset > 0) CHECK_EQ(one->offset, room.history().top());
    if (member && one == peers.front()) CHECK(one->present == present);
  }
  CHECK_EQ(room.absent().size(), 0u);
  readers.clear();
  for (auto& one : peers)
    if (!one->why) one->session.lost(now);
  now += 400 * kSecond;
  for (int i = 0; i < 5; ++i) hub.flush(now, 1000);
  CHECK_EQ(hub.rooms().size(), 0u);
  CHECK_EQ(hub.memory().in_use(), 0u);
  CHECK_EQ(hub.counters().of(kStructuredKind).subscriptions, 0u);
  CHECK_EQ(sessions.untaken, 0u);
  CHECK(hub.due() == Hub::kNever);
}

}  // namespace

TEST(after_any_failed_allocation_all_other_clients_go_on_without_a_gap) {
  for (long n = 1;; ++n) {
    World world;
    until_failure = n;
    try {
      world.scenario();
    } catch (...) {
      std::printf("allocation %ld failed the scenario\n", n);
      throw;
    }
    bool enough = until_failure > 0;
    until_failure = 0;
    try {
      world.check();
    } catch (...) {
      std::printf("after allocation %ld had failed\n", n);
      throw;
    }
    if (enough) return void(std::printf("%ld allocations\n", n));
  }
}
