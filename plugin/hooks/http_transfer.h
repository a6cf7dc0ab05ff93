#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <string>

#include "hooks/http_caller.h"

namespace lws_chat {

// One call, from HttpCaller::call() to deliver(). It moves from list to list without being copied, so that a lack of
// memory on the way loses no call.
class HttpTransfer {
 public:
  using Clock = std::chrono::steady_clock;
  using List = std::list<HttpTransfer>;

  HttpTransfer(uint64_t id, HttpCall call);
  ~HttpTransfer() { curl_slist_free_all(headers_); }
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  uint64_t id() const { return id_; }

  // What tells one server from another: "https://HOST:PORT" or "unix:/SOCKET".
  std::string server() const;

  Clock::time_point deadline() const { return since_ + std::chrono::microseconds(call_.timeout); }

  // Makes `easy` ready for this call. Returns false if there is no memory. The transfer must stay where it is until
  // finish().
  [[nodiscard]] bool prepare(CURL* easy, const std::string& ca_file);

  // Fills in the reply. `easy` is free again.
  void finish(CURLcode result);

  // There is no reply, because of this.
  void fail(HttpFailure failure, std::string problem);
  void fail_by_time();

  // Returns true if the name of the server was still being looked up when the time was over.
  bool unresolved() const { return unresolved_; }

  CURL* easy() const { return easy_; }
  HttpReply& reply() { return reply_; }

  // Its place in the list that it is in: splicing keeps it.
  List::iterator place;

 private:
  static size_t give_body(char* bytes, size_t one, size_t count, void* self);
  static size_t take_body(char* bytes, size_t one, size_t count, void* self);
  static size_t take_header(char* bytes, size_t one, size_t count, void* self);

  void set_options(const std::string& ca_file);
  [[nodiscard]] bool add_header(const char* line);
  std::string problem_of(CURLcode result) const;

  const uint64_t id_;
  const HttpCall call_;
  const Clock::time_point since_;
  HttpReply reply_;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_{};
  size_t sent_ = 0;  // bytes of the body
  size_t header_bytes_ = 0;
  bool too_large_ = false;
  bool unresolved_ = false;
};

}  // namespace lws_chat
