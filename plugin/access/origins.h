#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lws_chat {

// An origin, as RFC 6454 section 6.1 writes it: "https://example.org:8443".
struct WebOrigin {
  std::string scheme;  // lower case, as is the host
  std::string host;    // "localhost" also for 127.0.0.1 and [::1], which count as one host
  unsigned port = 0;   // 0: a scheme without a default port, and none given

  // Returns false if the text is not an origin.
  [[nodiscard]] bool read(std::string_view text);
  bool operator==(const WebOrigin& other) const;
};

// The origins whose pages may connect: the value of allowed-origins, read once.
class Origins {
 public:
  // Adds an origin, "null" (pages from files) or "*" (all). Returns an empty text, or what is wrong with the word.
  [[nodiscard]] std::string add(std::string_view word);

  // Returns true if a page of `origin` may connect to a server that it calls `host` (the Host header, or :authority in
  // HTTP/2). The server's own pages may: those with its host, port and scheme. A listed origin may, too. An empty
  // origin is allowed, because it is not from a browser's page. Without `tls` a proxy may do TLS, so that https is the
  // server's own scheme as well, and a host without a port stands for both 80 and 443.
  bool allow(std::string_view origin, std::string_view host, bool tls) const;

  // Returns true if such a page may also read answers to requests that show its visitor's cookies: it is the server's
  // own, or its origin is listed. "*" and "null" stand for pages of anybody.
  bool allow_credentials(std::string_view origin, std::string_view host, bool tls) const;

  bool allow_all() const { return all_; }

  // Returns true if pages without an origin of their own may come, as every site can make one.
  bool allow_files() const { return files_; }

 private:
  bool all_ = false;
  bool files_ = false;
  std::vector<WebOrigin> listed_;
};

}  // namespace lws_chat
