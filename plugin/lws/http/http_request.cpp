#include "lws/http/http_request.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/log_text.h"
#include "core/release.h"
#include "lws/clock.h"
#include "lws/http/endless_answer.h"
#include "lws/http/http_body.h"
#include "lws/http/http_date.h"
#include "lws/vhost/peer_address.h"
#include "lws/vhost/vhost.h"
#include "wire/field.h"

namespace lws_chat {
namespace {

// Longest pause in a request, and longest time for it, even if it was answered before all of it had come. The pause has
// to be shorter than lws's own 5 s, else the client is told nothing.
constexpr Time kPause = 4 * LWS_US_PER_SEC;
constexpr Time kDuration = 30 * LWS_US_PER_SEC;

// A body of at most this many bytes is sent together with the headers.
constexpr size_t kTogether = 1024;

// lws ignores a Content-Length of more than so many bytes, blanks included, and waits for 100 MB instead.
constexpr int kMaxLengthText = 30;

bool has_length(lws* wsi) { return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0; }

// Reads the length of the body. Returns false if the field is no number, such as two numbers, or if lws does not read
// it.
bool read_length(lws* wsi, uint64_t& length) {
  return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= kMaxLengthText &&
         read_content_length(header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH), length);
}

// Answers a request that lws may have mixed up with its body.
HttpAnswer elsewhere() { return refusal(503, "send the request again, on another connection"); }

}  // namespace

HttpRequest::HttpRequest(lws* wsi, VhostState* vhost, const HttpResource& resource, std::string_view rest)
    : wsi_(wsi), vhost_(vhost), resource_(&resource), rest_(rest) {}

HttpRequest::HttpRequest(lws* wsi, VhostState* vhost, HttpAnswer answer)
    : wsi_(wsi), vhost_(vhost), resource_(nullptr), verdict_(std::move(answer)) {}

int HttpRequest::begin() {
  deadline_ = now() + kDuration;
  wait();
  bool sensible = !has_length(wsi_) || read_length(wsi_, left_);
  // With an impossible length lws and we would wait for different things.
  bool at_once = over_http1() && has_length(wsi_) && (!sensible || left_ == 0);
  if (!has_length(wsi_) || !sensible) left_ = std::numeric_limits<uint64_t>::max();
  if (vhost_ && over_http1()) place_ = vhost_->http_connections().place_of_post(wsi_);
  keeps_ = !over_http1() || lets_another_follow(wsi_);
  // lws 4.1 begins a request with a body of 0 bytes and something behind it again and again. So it is answered here,
  // and the connection ends.
  complete_ = at_once || (!is_post(wsi_) && !has_length(wsi_));
  // lws may have read another request behind one without a body. It would read that one's body from the start of its
  // headers, or never leave its loop. So the connection ends here.
  end_now_ = complete_ && over_http1();
  HttpAnswer verdict = resource_ ? judge() : verdict_;
  if (resource_ && resource_->for_clients && verdict.status == 200) {
    caller_ = std::make_unique<const Caller>(wsi_, *vhost_);
    charge_.emplace(vhost_->hub().memory().input);
  }
  if (resource_ && !sensible) verdict = refusal(400, "impossible content-length");
  bool wants_body = resource_ && resource_->takes_body;
  if (verdict.status == 200 && wants_body && !at_once) {
    if (place_ != HttpConnections::Place::kBehind) return ask_for_body();
    end_now_ = true;
    verdict = elsewhere();
  }
  // Only HTTP/2 tells the end of a body without a length.
  end_now_ = end_now_ || (over_http1() && (verdict.status == 411 || verdict.status == 400));
  if (verdict.status == 200 && resource_ ? serve() : answer(verdict)) return -1;
  if (!at_once) return 0;
  // lws would begin a request without a body again.
  if (!answered_ && answer({202, "{}\n"})) return -1;
  return send_rest_and_end();
}

// RFC 9110 section 10.1.1: some clients wait with the body until they are asked for it.
int HttpRequest::ask_for_body() {
  bool asks = over_http1() && header(wsi_, WSI_TOKEN_HTTP) == "HTTP/1.1" &&
              has_token(header(wsi_, WSI_TOKEN_HTTP_EXPECT), "100-continue");
  if (!asks) return 0;
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  std::array<unsigned char, LWS_PRE + kContinue.size()> buffer;
  std::copy(kContinue.begin(), kContinue.end(), buffer.begin() + LWS_PRE);
  return lws_write(wsi_, buffer.data() + LWS_PRE, kContinue.size(), LWS_WRITE_HTTP) < 0 ? -1 : 0;
}

// Sends the rest of the answer, as far as lws takes it, and ends the connection.
int HttpRequest::send_rest_and_end() {
  // The connection ends with the answer, which comes later.
  if (!answered_) {
    end_now_ = true;
    return 0;
  }
  while (!sent_headers_ || (sent_ < answer_.body.size() && window_open(wsi_)))
    if (writeable() != 0) break;
  return -1;
}

// Judges the request before its body has come. Status 200: nothing is wrong.
HttpAnswer HttpRequest::judge() const {
  HttpAnswer verdict = resource_->judge(wsi_, vhost_, rest_);
  return verdict.status == 200 && resource_->takes_body ? judge_length() : verdict;
}

HttpAnswer HttpRequest::judge_length() const {
  bool chunked = lws_hdr_total_length(wsi_, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
  if (chunked || !has_length(wsi_)) return refusal(411, "the body needs a content-length");
  uint64_t length = 0;
  bool fits = read_length(wsi_, length) && length <= resource_->most(vhost_->options());
  return fits ? HttpAnswer() : resource_->too_large(vhost_->options());
}

// lws gives a request that it read together with another one as its own body. Such a request has been refused already
// if it was announced.
bool HttpRequest::may_be_its_own_head(std::string_view piece) const {
  constexpr std::string_view kBegin = "POST ";
  return over_http1() && place_ == HttpConnections::Place::kUnknown && body_.empty() &&
         piece.substr(0, kBegin.size()) == kBegin.substr(0, piece.size());
}

void HttpRequest::wait() { wait_until(std::min(deadline_, now() + kPause)); }

// Without a vhost the answer is known at once, and lws has a timeout of its own for the rest.
void HttpRequest::wait_until(Time due) {
  if (vhost_) vhost_->alarms().set(*this, due);
}

int HttpRequest::body(std::string_view piece) {
  // Something follows the request, although its answer does not end. Over HTTP/2 that may be nothing.
  if (exchange_) return piece.empty() && !over_http1() ? 0 : -1;
  // Over HTTP/2 lws 4.3 gives nothing of a body without a length, again and again, until it is told to stop. The
  // request has been refused.
  if (piece.empty() && answered_ && !over_http1() && !has_length(wsi_)) return send_rest_and_end();
  bool beyond = piece.size() > left_;
  piece = piece.substr(0, left_);
  left_ -= piece.size();
  if (collect(piece)) return -1;
  // lws 4.3 also gives what it has read behind a body, and then waits for the end in vain. So it does over HTTP/2 if a
  // part of the body came with the headers.
  end_now_ = end_now_ || beyond;
  if (beyond || (left_ == 0 && !over_http1())) return body_complete();
  // With the headers lws 4.3 takes an HTTP/2 frame that it reads in two parts for one that is too long. lws 4.1 needs
  // them to see that a body is too short.
  if (LWS_LIBRARY_VERSION_NUMBER >= 4002000 && !over_http1()) lws_http_headers_detach(wsi_);
  return 0;
}

int HttpRequest::collect(std::string_view piece) {
  if (answered_ || !resource_) return 0;
  wait();
  if (may_be_its_own_head(piece)) {
    end_now_ = true;
    return answer(elsewhere());
  }
  if (body_.size() + piece.size() > resource_->most(vhost_->options()))
    return answer(resource_->too_large(vhost_->options()));
  if (charge_ && !charge_->may_be(body_.size() + piece.size())) {
    ++vhost_->hub().counters().refused_by(Status::kNoMemory);
    return answer(refusal(503, "clients hold too much memory"));
  }
  body_.append(piece);
  if (charge_) charge_->set(body_.size());
  return 0;
}

int HttpRequest::body_complete() {
  if (exchange_) return over_http1() ? -1 : 0;
  // lws 4.1 has read the beginning of another request behind the body. It asks for this one's completion again and
  // again before it looks at anything else.
  if (complete_) return over_http1() ? send_rest_and_end() : 0;
  complete_ = true;
  return answered_ ? ask_to_write() : serve();
}

// The answer may come later. Until then the client waits, for as long as a request may take.
int HttpRequest::serve() {
  if (resource_->open) return open();
  Deferred<HttpAnswer> deferred = resource_->serve(*vhost_, {rest_, body_, caller_.get()});
  if (deferred.ready()) return answer(deferred.value());
  wait_until(deadline_);
  // A client's message has been copied. Another resource may still look at the body.
  if (charge_) release(body_);
  charge_.reset();
  deferred.then(lifetime_, [this](const HttpAnswer& late) {
    if (!answered_) answer(late);
  });
  return 0;
}

// Where lws has read something behind the request, it would spin while the answer is under way.
int HttpRequest::open() {
  if (body_.empty()) return answer(refusal(400, "the body has to be commands"));
  if (end_now_) return answer(elsewhere());
  charge_.reset();
  exchange_ = resource_->open(wsi_, *vhost_, Caller(*caller_), std::exchange(body_, std::string()));
  if (!exchange_) return answer(refusal(503, "too many clients, or the server is shutting down"));
  cancel();
  resource_->count(*vhost_, rest_, 200);
  return exchange_->begin();
}

int HttpRequest::answer(HttpAnswer answer) {
  answered_ = true;
  release(body_);
  charge_.reset();
  if (caller_) answer.page = caller_->page;
  if (resource_ && vhost_) resource_->count(*vhost_, rest_, answer.status);
  if (answer.status >= 400 && answer.status != 503 && !answer.noted && (!vhost_ || vhost_->may_log()))
    lwsl_notice("lws-chat: vhost %s: %s: request refused with %u: %s\n", lws_get_vhost_name(lws_get_vhost(wsi_)),
                (vhost_ ? PeerAddress(wsi_, vhost_->options().trusted_proxies) : PeerAddress(wsi_)).text().c_str(),
                answer.status, in_log(answer.why.empty() ? answer.body : answer.why).c_str());
  // The bytes behind a refused request may still be a part of it. A client that sends its body before it reads would
  // lose the answer with the connection: so the body may come for a while.
  bool early = answer.status >= 400 && !complete_;
  end_after_body_ = early && !end_now_ && (!over_http1() || has_length(wsi_));
  end_now_ = end_now_ || (early && !end_after_body_);
  answer_ = std::move(answer);
  deadline_ = now() + (end_after_body_ ? kPause : kDuration);
  wait_until(deadline_);
  return ask_to_write();
}

int HttpRequest::ask_to_write() {
  lws_callback_on_writable(wsi_);
  return 0;
}

bool HttpRequest::add_headers(unsigned char** at, unsigned char* end) const {
  auto add = [&](const char* name, std::string_view value) { return add_header(wsi_, name, value, at, end); };
  std::string type(answer_.type);
  // RFC 9110 section 8.6 allows no length for 204. Without a length lws's common headers say that the connection ends.
  int failed =
      answer_.status == 204
          ? lws_add_http_header_status(wsi_, answer_.status, at, end)
          : lws_add_http_common_headers(wsi_, answer_.status, type.c_str(),
                                        answer_.stream ? LWS_ILLEGAL_HTTP_CONTENT_LEN : answer_.body.size(), at, end);
  if (failed || !add("date:", http_date())) return false;
  bool ends = end_now_ || end_after_body_ || !keeps_;
  if (over_http1() && ends && !answer_.stream && !add("connection:", "close")) return false;
  if (answer_.stream) return add_stream_headers(wsi_, answer_.page, at, end);
  if (!add("cache-control:", "no-store")) return false;
  if (answer_.status == 401 && !add("www-authenticate:", answer_.challenge)) return false;
  if (answer_.status == 503 && !add("retry-after:", "5")) return false;
  if (!answer_.allow.empty() && !add("allow:", answer_.allow)) return false;
  if (!add_cors_headers(wsi_, answer_.page, at, end)) return false;
  return answer_.page.origin.empty() || answer_.allow.empty() ||
         (add("access-control-allow-methods:", answer_.allow) &&
          add("access-control-allow-headers:", "authorization, content-type, last-event-id, cache-control") &&
          add("access-control-max-age:", "300"));
}

// Sends a small body together with the headers.
int HttpRequest::send_headers() {
  std::array<unsigned char, LWS_PRE + 2048 + kTogether> buffer;
  unsigned char* begin = buffer.data() + LWS_PRE;
  unsigned char* at = begin;
  unsigned char* end = buffer.data() + buffer.size();
  if (!add_headers(&at, end)) return -1;
  sent_headers_ = true;
  if (is_head(wsi_)) sent_ = answer_.body.size();
  // Without a body nothing else would tell an HTTP/2 peer that the answer is whole.
  if (!over_http1() && sent_ == answer_.body.size()) {
    auto kind = static_cast<lws_write_protocol>(LWS_WRITE_HTTP_HEADERS | LWS_WRITE_H2_STREAM_END);
    return lws_finalize_http_header(wsi_, &at, end) ||
           lws_write(wsi_, begin, static_cast<size_t>(at - begin), kind) < 0;
  }
  if (!over_http1() || is_head(wsi_) || answer_.body.size() > kTogether)
    return lws_finalize_write_http_header(wsi_, begin, &at, end);
  if (lws_finalize_http_header(wsi_, &at, end) || answer_.body.size() > static_cast<size_t>(end - at)) return -1;
  at = std::copy(answer_.body.begin(), answer_.body.end(), at);
  sent_ = answer_.body.size();
  return lws_write(wsi_, begin, static_cast<size_t>(at - begin), LWS_WRITE_HTTP_HEADERS) < 0;
}

// Sends the answer in pieces, as the client takes them. It is sent here because here the next request may be let in: a
// client may have that ready as soon as it has the answer.
int HttpRequest::writeable() {
  if (exchange_) return exchange_->writeable();
  if (!answered_) return 0;
  if (!sent_headers_) {
    if (send_headers()) return -1;
    if (sent_ < answer_.body.size()) return ask_to_write();
  }
  if (sent_ < answer_.body.size()) {
    if (!window_open(wsi_)) {
      wait_until(now() + kWindowPoll);
      return 0;
    }
    int written = write_piece(wsi_, std::string_view(answer_.body).substr(sent_), true);
    if (written < 0) return -1;
    sent_ += static_cast<size_t>(written);
  }
  if (sent_ < answer_.body.size()) return ask_to_write();
  return end_now_ || (complete_ && (end_after_body_ || !keeps_)) ? -1 : 0;
}

void HttpRequest::ring() {
  if (answered_ && (over_http1() || deadline_ <= now()))
    return lws_set_timeout(wsi_, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
  if (answered_) {
    wait_until(deadline_);
    (void)ask_to_write();
    return;
  }
  end_now_ = true;
  answer(complete_ ? refusal(503, "the answer took too long") : refusal(408, "the request took too long"));
}

}  // namespace lws_chat
