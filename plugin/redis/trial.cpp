#include "redis/trial.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "redis/presence_script.h"
#include "redis/refusal.h"
#include "redis/revoked_script.h"
#include "redis/room_script.h"
#include "redis/session_script.h"

namespace lws_chat {
namespace {

constexpr std::string_view kName = "trial";  // of a room, its epoch, its line, a member …
constexpr uint64_t kSeconds = 60;
constexpr std::string_view kSecondsText = "60";
constexpr RoomBounds kBounds = {1, kSeconds, kSeconds};

// Does one kind of commands after the other. They are all sent before the first answer comes.
class Trial {
 public:
  Trial(RedisLink& link, const RedisKeys& keys, Time now, TrialAnswer answer)
      : link_(link),
        prefix_(keys.trial()),
        keys_(prefix_),
        series_(static_cast<uint64_t>(now)),
        state_(std::make_shared<State>()) {
    state_->answer = std::move(answer);
  }

  void write() { link_.command({"SET", prefix_, "1", "EX", kSecondsText}, answer_to("SET")); }

  // What is not here is done again by itself.
  void run(std::string_view command) {
    if (command == "EVALSHA (publish)") publish(command);
    if (command == "EVALSHA (position)")
      run_position(link_, room_, kBounds, lineage(), {kName, 1, 1}, answer_to(command));
    if (command == "EVALSHA (forget)") run_forget(link_, room_, answer_to(command));
    if (command == "EVALSHA (presence)") presence(command);
    if (command == "EVALSHA (announce)") run_announce(link_, room_, kName, answer_to(command));
    if (command == "PUBLISH") link_.command({"PUBLISH", room_.channel, kName}, answer_to(command));
    if (command == "EVALSHA (revoke)") revoke(command);
    if (command == "HSCAN") run_revoked_read(link_, keys_, "0", answer_to(command));
    if (command == "EVALSHA (session)") session(command);
    if (command == "SET") run_session_come(link_, session_, kName, kSeconds, answer_to(command));
    if (command == "GETDEL") run_session_take(link_, session_, answer_to(command));
  }

 private:
  struct State {
    TrialAnswer answer;
    size_t missing = 0;
    bool answered = false;
  };

  Lineage lineage() const { return {keys_.lineage(), kName, kName, kName, false}; }

  RedisLink::Answer answer_to(std::string_view command) {
    ++state_->missing;
    return [state = state_, name = std::string(command)](const RedisReply& reply, Time now) {
      bool last = --state->missing == 0;
      // Somebody else's keys say nothing about the server.
      bool refused = reply.is_lost() || (reply.is_error() && !concerns_keys(reply.text));
      if (state->answered || !(refused || last)) return;
      state->answered = true;
      state->answer(name, refused ? reply : RedisReply{}, now);
    };
  }

  // A series that the server does not know yet begins with its first publication.
  void publish(std::string_view command) {
    std::string publisher = keys_.publisher(kName);
    PublishCall call{kName, kName};
    call.number = call.connection = 1;
    call.series = series_;
    call.publisher_key = publisher;
    run_publish(link_, room_, kBounds, lineage(), call, answer_to(command));
    link_.command({"EXPIRE", keys_.lineage(), kSecondsText}, nullptr);
  }

  void presence(std::string_view command) {
    PresenceNames names = keys_.of_presence(kName);
    std::vector<PresentMember> members{{kName, kName, kName}};
    run_presence_add(link_, names, members, kSeconds, kName, answer_to(command));
    run_presence_read(link_, names, answer_to(command));
    run_presence_stats(link_, names, answer_to(command));
    run_presence_expire(link_, names, 1, kSeconds, answer_to(command));
    run_presence_remove(link_, names, members, kName, answer_to(command));
  }

  // A token that is valid for longer than all others, so that it is kept.
  void revoke(std::string_view command) {
    run_revoke(link_, keys_, {{false, std::string(kName), INT64_MAX, 0}}, 1, answer_to(command));
    link_.command({"DEL", keys_.revoked(), keys_.revoked_until()}, nullptr);
  }

  void session(std::string_view command) {
    run_session_stay(link_, session_, kName, {}, kSeconds, answer_to(command));
    run_session_go(link_, session_, kName, {}, 1, answer_to(command));
  }

  RedisLink& link_;
  const std::string prefix_;
  const RedisKeys keys_;
  const RoomNames room_ = keys_.of_room(kName);
  const std::string session_ = keys_.session(kName);
  const uint64_t series_;
  std::shared_ptr<State> state_;
};

}  // namespace

void try_commands(RedisLink& link, const RedisKeys& keys, const CommandNames& commands, Time now, TrialAnswer answer) {
  Trial trial(link, keys, now, std::move(answer));
  trial.write();
  for (const std::string& command : commands) trial.run(command);
}

}  // namespace lws_chat
