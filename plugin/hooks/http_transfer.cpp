#include "hooks/http_transfer.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace lws_chat {
namespace {

constexpr size_t kMostHeaderBytes = size_t{64} * 1024;
constexpr std::string_view kUnix = "unix:";

bool is_unix(std::string_view url) { return url.substr(0, kUnix.size()) == kUnix; }

// Where the path begins in "unix:/SOCKET:/PATH", without the colon.
size_t path_after_socket(std::string_view url) {
  size_t colon = url.rfind(":/");
  return colon == std::string_view::npos || colon < kUnix.size() ? url.size() : colon + 1;
}

}  // namespace

HttpTransfer::HttpTransfer(uint64_t id, HttpCall call) : id_(id), call_(std::move(call)), since_(Clock::now()) {}

std::string HttpTransfer::server() const {
  const std::string& url = call_.url;
  if (is_unix(url)) return url.substr(0, path_after_socket(url));
  size_t host = url.find("://");
  return host == std::string::npos ? url : url.substr(0, url.find_first_of("/?#", host + 3));
}

bool HttpTransfer::add_header(const char* line) {
  curl_slist* longer = curl_slist_append(headers_, line);
  if (longer) headers_ = longer;
  return longer != nullptr;
}

bool HttpTransfer::prepare(CURL* easy, const std::string& ca_file) {
  easy_ = easy;
  // Without "Expect:", curl waits for a 100 Continue before it sends a large body.
  if (!add_header("Expect:")) return false;
  for (const std::string& header : call_.headers)
    if (!add_header(header.c_str())) return false;
  set_options(ca_file);
  std::string url = call_.url;
  if (is_unix(url)) {
    size_t path = path_after_socket(url);
    std::string socket = url.substr(kUnix.size(), path - kUnix.size() - 1);
    curl_easy_setopt(easy_, CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
    url = "http://localhost" + url.substr(path);
  }
  return curl_easy_setopt(easy_, CURLOPT_URL, url.c_str()) == CURLE_OK;
}

void HttpTransfer::set_options(const std::string& ca_file) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline() - Clock::now()).count();
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, std::max(0L, static_cast<long>(left)) + 1);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  // Does not wait for a name server when a lookup is given up.
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");  // none, also not from the environment
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, "lws-chat");
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!ca_file.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CAINFO, ca_file.c_str());
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  if (!call_.body.empty()) {
    // A body that curl cannot rewind: it asks a server that hangs up no second time, because the question may have been
    // acted on.
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &HttpTransfer::give_body);
    curl_easy_setopt(easy_, CURLOPT_READDATA, this);
  }
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &HttpTransfer::take_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &HttpTransfer::take_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
}

size_t HttpTransfer::give_body(char* bytes, size_t one, size_t count, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  size_t given = transfer.call_.body.copy(bytes, one * count, transfer.sent_);
  transfer.sent_ += given;
  return given;
}

// Less than it was given makes curl end the transfer.
size_t HttpTransfer::take_body(char* bytes, size_t one, size_t count, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  size_t size = one * count;
  if (size > transfer.call_.most_bytes - transfer.reply_.body.size()) {
    transfer.too_large_ = true;
    return 0;
  }
  try {
    transfer.reply_.body.append(bytes, size);
    return size;
  } catch (const std::bad_alloc&) {
    return 0;
  }
}

size_t HttpTransfer::take_header(char*, size_t one, size_t count, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  transfer.header_bytes_ += one * count;
  return transfer.header_bytes_ > kMostHeaderBytes ? 0 : one * count;
}

std::string HttpTransfer::problem_of(CURLcode result) const {
  if (too_large_) return "the reply is larger than " + std::to_string(call_.most_bytes) + " bytes";
  if (header_bytes_ > kMostHeaderBytes)
    return "the headers of the reply are larger than " + std::to_string(kMostHeaderBytes) + " bytes";
  long os_error = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_error);
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST: return "the name of the server is not known";
    case CURLE_COULDNT_CONNECT:
      return os_error ? std::string("cannot connect: ") + std::strerror(static_cast<int>(os_error)) : "cannot connect";
    case CURLE_PEER_FAILED_VERIFICATION:
      return std::string("the server's certificate is not trusted: ") + error_.data();
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_GOT_NOTHING: return "the server closed the connection without a reply";
    case CURLE_PARTIAL_FILE: return "the server closed the connection within the reply";
    case CURLE_UNSUPPORTED_PROTOCOL: return "the reply is not HTTP/1.1, or the URL is not http, https or unix";
    default: return error_[0] ? std::string(error_.data()) : std::string(curl_easy_strerror(result));
  }
}

void HttpTransfer::finish(CURLcode result) {
  if (result == CURLE_OK) {
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &reply_.status);
    reply_.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - since_).count();
  } else if (result == CURLE_OPERATION_TIMEDOUT) {
    curl_off_t looked_up = 0;
    const char* address = nullptr;
    curl_easy_getinfo(easy_, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
    curl_easy_getinfo(easy_, CURLINFO_PRIMARY_IP, &address);
    unresolved_ = looked_up == 0 && (!address || !*address);
    fail_by_time();
  } else {
    fail(HttpFailure::kFailed, problem_of(result));
  }
  easy_ = nullptr;
}

void HttpTransfer::fail(HttpFailure failure, std::string problem) {
  reply_ = {};
  reply_.failure = failure;
  reply_.problem = std::move(problem);
  reply_.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - since_).count();
}

void HttpTransfer::fail_by_time() {
  fail(HttpFailure::kTimeout, "took longer than " + std::to_string(call_.timeout / 1000) + " ms");
}

}  // namespace lws_chat
