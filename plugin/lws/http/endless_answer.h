#pragma once

#include <string>
#include <string_view>

#include "lws/connection.h"
#include "lws/http/http_answer.h"
#include "lws/http/http_exchange.h"

namespace lws_chat {

// Adds the headers of an answer that this page may read.
[[nodiscard]] bool add_cors_headers(lws* wsi, const ForeignPage& page, unsigned char** at, unsigned char* end);

// Adds the headers of an answer whose body does not end, with those above.
[[nodiscard]] bool add_stream_headers(lws* wsi, const ForeignPage& page, unsigned char** at, unsigned char* end);

// An answer over HTTP whose body does not end: its client only reads. Sends the headers, asks lws to write, notices
// that the peer has gone, and ends the body. The derived class decides what the body is.
class EndlessAnswer : public Connection, public HttpExchange {
 public:
  // Sends the answer's headers.
  int begin() override;
  int writeable() override;
  void turned() override;

  // `last_bytes` end the body.
  void close(Ending ending, std::string last_bytes = {}) override;

 protected:
  EndlessAnswer(lws* wsi, VhostState& vhost, KindId kind, const PeerAddress& address, ForeignPage page);

  virtual const char* content_type() const = 0;

  // The connection can write.
  virtual void go_on() = 0;

  // Returns true if there is something to write.
  virtual bool behind() const = 0;

  // The body's last bytes, of those that close() was given.
  virtual std::string farewell(std::string last_bytes) { return last_bytes; }

  // Returns true if a write would go out now.
  bool ready_to_write();

  // To be called when the client may be behind: asks lws to write, or stops reading.
  void expect_more();

  // Returns true if the peer has closed its side, or sends something although nothing may follow. Over HTTP/2 lws
  // notices that by itself.
  bool hung_up() const;

  void choked() override;
  void time_is_up() override;
  size_t write_http2(std::string_view bytes) override;

 private:
  int say_farewell();
  int end_http2_stream();
  void probe();

  // The search for bytes that lws has read behind the request: not begun, under way, over.
  enum class Probe : uint8_t { kBefore, kNow, kDone };

  ForeignPage page_;
  std::string last_bytes_;  // bytes of the farewell that are not sent yet
  Time farewell_ends_ = 0;  // when the peer has had long enough to take them
  Probe probe_;
  int turns_left_ = 0;  // turns of the loop until the probe is over
  bool asked_ = false;  // lws was asked to say when the answer may go on
};

}  // namespace lws_chat
