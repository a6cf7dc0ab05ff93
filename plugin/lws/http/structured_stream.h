#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "access/rate_limit.h"
#include "core/deferred.h"
#include "core/memory_account.h"
#include "dialect/centrifuge/session.h"
#include "lws/http/caller.h"
#include "lws/http/endless_answer.h"
#include "lws/vhost/alarms.h"
#include "wire/frame_text.h"

namespace lws_chat {

// A client of the structured dialect that reads from an HTTP answer that does not end, and sends each of its later
// messages with a request of its own (emulation). The streams of rooms hold WebSocket frames, which are unframed here.
class StructuredStream final : public EndlessAnswer, private SessionLink {
 public:
  // `commands` came with the request. `caller` sent it.
  StructuredStream(lws* wsi, VhostState& vhost, TextFormat format, Caller caller, std::string commands);
  ~StructuredStream() override;

  // Sends the headers, and runs the commands of the request.
  int begin() override;

  Encoding encoding() const { return format_ == TextFormat::kProto ? Encoding::kProtobuf : Encoding::kJson; }

  uint64_t max_message() const;

  // A message of the client came with another request. Answers true when the client may send the next one: where a
  // WebSocket would not be read, the answer waits. Answers false if the session ends before that.
  Deferred<bool> take(std::string_view commands);

  void ping() override;
  void unanswered() override;
  void drain(Status why) override;

 private:
  // Rings when a client that sent too fast may go on.
  class Pace final : public Alarm {
   public:
    explicit Pace(StructuredStream& stream) : stream_(stream) {}
    void ring() override;

   private:
    StructuredStream& stream_;
  };

  const char* content_type() const override;
  void go_on() override;
  bool behind() const override { return !unsent_.empty() || session_.behind(); }
  std::string farewell(std::string last_frames) override;
  void end_session() override;
  unsigned close_code(Status why) const override { return describe(why).protocol_code; }

  bool ready() override { return unsent_.empty() && ready_to_write(); }
  size_t write(Client* subscription, std::string_view frames) override;
  bool allow(uint64_t cost) override;
  bool reads() override;
  int64_t unix_ms() override;
  Time now() override;
  void call_at(Time due) override { call_session_at(due); }
  void session_time_is_up() override { session_.time_is_up(now()); }
  void note_denial(const Denial& denial) override { Connection::note_denial(denial); }
  Origin origin() const override { return origin_of_peer(); }
  const HookHeaders* headers() const override { return headers_.get(); }
  std::string_view transport() const override;
  std::string emulation() const override;
  void ask_to_resume() override { choked(); }
  void connected() override;
  void hold_input(bool hold) override { held_ = hold; }
  void end(Ending ending, std::string last_frames) override;

  void send_unsent();
  void let_send(bool alive);

  TextFormat format_;
  FrameText text_;
  std::shared_ptr<const HookHeaders> headers_;  // that back ends are shown; nullptr: none
  std::string commands_;                        // of the request, until begin()
  std::string id_;                              // of the session, known only to the client
  Session session_;
  std::string unsent_;                 // text that lws has not taken
  MemoryAccount::Charge charge_;       // of commands_ and unsent_
  std::deque<Promise<bool>> waiting_;  // messages whose senders wait
  RateLimit rate_;
  Pace pace_{*this};
  Time read_again_at_ = 0;  // no command runs before this time, because the client sent too fast
  Time heard_ = 0;          // when the client answered last, or came
  Time asked_ = 0;          // when it was pinged; 0: it has answered
  bool held_ = false;       // no command runs until the client has taken what it was sent
  bool connected_ = false;  // it has said who it is
  bool waited_ = false;     // lws holds bytes that the peer has not taken
};

}  // namespace lws_chat
