#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect/centrifuge/protocol.h"
#include "dialect/centrifuge/reply.h"
#include "dialect/centrifuge/session.h"
#include "dialect/stream_kinds.h"
#include "wire/frame.h"

namespace lws_chat {

// The other side of a session. The test decides how much of the session's output it takes. It keeps the output as
// texts, one for each reply or push.
class SessionPeer : public SessionLink {
 public:
  SessionPeer(Hub& hub, Sessions& sessions, Doorman& doorman, const Options& options,
              Encoding encoding = Encoding::kJson)
      : in_protobuf(encoding == Encoding::kProtobuf), session(hub, sessions, doorman, options, *this, encoding) {}

  // At a door that lets everybody in.
  SessionPeer(Hub& hub, Sessions& sessions, const Options& options, Encoding encoding = Encoding::kJson)
      : SessionPeer(hub, sessions, open_door(), options, encoding) {}

  virtual ~SessionPeer() { session.lost(0); }

  bool ready() override { return appetite > 0; }
  size_t write(Client* subscription, std::string_view frames) override {
    if (breaks) return session.lost(0), 0;
    if (gathered) std::abort();
    --appetite;
    size_t taken = one_frame ? first_frame(frames).size : frames.size();
    if (subscription && gathering) {
      gathered = subscription;
      gathered_frames = frames.substr(0, taken);
      subscription->set_gathered(true);
      gathering->push_back(this);
    } else {
      bytes += frames.substr(0, taken);
    }
    return taken;
  }
  // Ends a write that was gathered in a flush. Its bytes are read only now.
  void send_gathered() {
    bytes += gathered_frames;
    std::exchange(gathered, nullptr)->set_gathered(false);
  }
  bool allow(uint64_t cost) override {
    if (cost == 0) return !overdrawn;
    spent += cost;
    return allowance == 0 || --allowance > 0;
  }
  int64_t unix_ms() override { return clock; }
  Time now() override { return steady; }
  void call_at(Time due) override { alarm = due; }
  void note_denial(const Denial& denial) override { denied = denial.why; }
  void ask_to_resume() override { asked = true; }
  void connected() override { pinged = true; }
  void hold_input(bool hold) override { held = hold; }
  void end(Ending ending, std::string last_frames) override {
    why = ending.why;
    code = ending.code;
    detail = ending.detail;
    bytes += last_frames;
  }

  static Doorman& open_door() {
    static Doorman doorman({}, true);
    return doorman;
  }

  // A command as the client's message.
  static std::string proto_of(std::string_view json) {
    std::string command;
    append_json_as_proto(command, kProtoCommand, json);
    std::string message;
    append_proto_length(message, command.size());
    return message + command;
  }

  // Sends one command, given in JSON, in the client's encoding.
  void send(std::string_view json, Time now) { session.receive(in_protobuf ? proto_of(json) : std::string(json), now); }

  // The texts that came since the last call. Replies in protobuf are made into JSON.
  std::vector<std::string> take() {
    std::vector<std::string> texts;
    std::string_view rest = bytes;
    while (!rest.empty()) {
      Frame frame = first_frame(rest);
      message += frame.payload;
      rest.remove_prefix(frame.size);
      if (!frame.final) continue;
      if (in_protobuf) {
        for (std::string_view left = message; !left.empty();) texts.push_back(json_of(left));
      } else {
        for (size_t at = 0; at <= message.size();) {
          size_t end = std::min(message.find('\n', at), message.size());
          texts.push_back(message.substr(at, end - at));
          at = end + 1;
        }
      }
      message.clear();
    }
    bytes.clear();
    return texts;
  }

  static std::string json_of(std::string_view& messages) {
    std::string_view message;
    std::string json;
    if (!take_proto(messages, message) || !append_proto_as_json(json, kProtoReply, message)) std::abort();
    return json;
  }

  std::string take_one() {
    std::vector<std::string> texts = take();
    return texts.size() == 1 ? texts[0] : std::to_string(texts.size()) + " texts";
  }

  const bool in_protobuf;
  Time steady = 0;                                 // the hub's time
  Time alarm = kNever;                             // when the session wants to be called
  Status denied = Status::kOk;                     // the last denial
  int64_t clock = 1'700'000'000'000;               // the time of day, in milliseconds since 1970
  int appetite = 1 << 30;                          // number of writes before it is not ready
  bool one_frame = false;                          // takes a frame at a time, as over HTTP/2
  bool breaks = false;                             // the next write fails, and the connection is lost
  std::vector<SessionPeer*>* gathering = nullptr;  // notes writes that end with the flush
  Client* gathered = nullptr;
  std::string_view gathered_frames;
  int allowance = 0;       // commands before it must wait; 0: no limit
  bool overdrawn = false;  // it must wait before the next command
  bool pinged = false;
  bool held = false;
  uint64_t spent = 0;
  std::optional<Status> why;
  std::string detail;
  unsigned code = 0;
  bool asked = false;  // to call resume()
  std::string bytes;
  std::string message;  // the frames of an incomplete message
  Session session;
};

}  // namespace lws_chat
