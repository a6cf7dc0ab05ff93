#pragma once

#include <libwebsockets.h>

#include <unordered_map>

namespace lws_chat {

// Requests that follow one another on connections of HTTP/1.1.
//
// lws may read past the end of a request, into the next one. lws 4.1 and 4.3 then give us the next request's headers,
// its API key included, as its body. So if lws has read further when a request has been answered, the connection ends.
// The plugin hears of the end of most answers of lws's own, such as files. After the others, such as HEAD for a file,
// it refuses a request with a body.
//
// In lwsws only the first request of a connection is announced, to the vhost's default protocol. The others are
// announced to a protocol of lws's own.
class HttpConnections {
 public:
  enum class Place {
    kFirst,   // lws has read it from the socket
    kBehind,  // lws may have read it together with another request
    kUnknown  // lws has not announced it
  };

  // For FILTER_HTTP_CONNECTION, which announces a request. Returns the result of the callback.
  int begun(lws* wsi);

  // To be called when a request has been answered: lets another one in, or ends the connection. Returns the result of
  // the callback, whose memory for the connection may be gone.
  int answered(lws* wsi);

  // For CLOSED_HTTP.
  void closed(lws* wsi) { open_.erase(wsi); }

  // The place of a POST that has come.
  Place place_of_post(lws* wsi) const;

 private:
  struct Open {
    bool is_post;
    Place place;
  };
  std::unordered_map<const lws*, Open> open_;  // connections with a request that is not answered
};

// Returns true if the request lets another one follow on its connection, as far as we can read it.
bool lets_another_follow(lws* wsi);

}  // namespace lws_chat
