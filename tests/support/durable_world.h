#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/server_api.h"
#include "dialect/stream_kinds.h"
#include "support/event_peer.h"
#include "support/hub_calls.h"
#include "support/hub_settings.h"
#include "support/journal_double.h"
#include "support/records_double.h"
#include "support/session_peer.h"
#include "support/text_peer.h"
#include "support/unit.h"

namespace lws_chat {

// Clients and a back end of a hub with a journal, which can be restarted. Rooms keep 50 messages, the last five of them
// in memory.
struct DurableWorld {
  static constexpr Time kSecond = 1'000'000;

  explicit DurableWorld(uint64_t replay = 0) : replay_(replay) { start(); }

  void start() {
    journal = std::make_unique<JournalDouble>(disk);
    journal->at_once = true;
    journal->clock = now;
    HubSettings settings = ample_settings();
    settings.rooms.durable = true;
    settings.rooms.history = {50, 1 << 20, 3600 * kSecond, 5};
    settings.rooms.replay = replay_;
    settings.namespaces.emplace_back("typing", settings.rooms);
    settings.namespaces.back().second.durable = false;
    // Another hub does not make the same epochs again.
    settings.random = [source = std::mt19937(++starts_)](unsigned char* bytes, size_t size) mutable {
      while (size-- > 0) *bytes++ = static_cast<unsigned char>(source());
    };
    HubSeams seams;
    seams.journal = journal.get();
    seams.records = &records;
    sessions = std::make_unique<Sessions>();
    idempotency = std::make_unique<Idempotency>();
    hub = std::make_unique<Hub>(settings, stream_kinds(), seams);
    hub->bring_back(now);
  }
  // Precondition: the clients are gone.
  void restart(size_t written = 0) {
    hub.reset();
    journal->crash(written);
    start();
  }

  void turn() {
    for (int i = 0; i < 100 && hub->due() <= now; ++i) hub->flush(now, 1000);
  }
  // Until nothing is under way.
  void settle() {
    for (int i = 0; i < 30; ++i) {
      journal->answer_all();
      turn();
    }
  }
  template <typename Peer>
  void resume(Peer& peer) {
    for (int i = 0; i < 20 && std::exchange(peer.asked, false); ++i) {
      peer.session.resume(now);
      settle();
    }
  }

  void publish(int count, const std::string& room = "room") {
    for (; count > 0; --count) {
      Published done = lws_chat::publish(*hub, room, {std::to_string(++published), Format::kJson}, now);
      CHECK(done.status == Status::kOk);
    }
    turn();
  }

  std::unique_ptr<SessionPeer> peer(const std::string& data = "{}") {
    auto made = std::make_unique<SessionPeer>(*hub, *sessions, options);
    made->session.receive(R"({"id":1,"connect":{"data":)" + data + "}}", now);
    (void)made->take();
    return made;
  }
  // All texts that the client gets for a command, with line ends.
  std::string ask(SessionPeer& peer, const std::string& command) {
    peer.session.receive(command, now);
    settle();
    resume(peer);
    peer.session.resume(now);
    settle();
    return heard(peer);
  }
  static std::string heard(SessionPeer& peer) {
    std::string all;
    for (const std::string& text : peer.take()) all += text + "\n";
    return all;
  }

  // Calls the API. Returns the answer without its line end.
  std::string call(std::string_view method, std::string_view body) {
    answer = {};
    ServerApi api(*hub, *sessions, *idempotency, revocations, options, node);
    api.call(method, body, now, 1'700'000'000'000).then([this](const ServerApi::Answer& late) { answer = late; });
    settle();
    return answer.json.substr(0, answer.json.find('\n'));
  }

  std::string epoch() { return disk["room"].epoch; }

  JournalDouble::Disk disk;
  RecordsDouble records;
  Time now = 1000 * kSecond;
  std::unique_ptr<JournalDouble> journal;
  std::unique_ptr<Sessions> sessions;
  std::unique_ptr<Idempotency> idempotency;
  Revocations revocations;
  ServerApi::Node node{"id", "name", 0};
  Options options = default_options();
  std::unique_ptr<Hub> hub;
  ServerApi::Answer answer;  // the last one
  int published = 0;

 private:
  const uint64_t replay_;
  unsigned starts_ = 0;
};

}  // namespace lws_chat
