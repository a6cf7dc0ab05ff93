#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/hub.h"

namespace lws_chat {

// Counts of requests to the server API, by method and HTTP status.
using ApiCalls = std::map<std::pair<std::string, unsigned>, uint64_t>;

// Expiry of certificates in seconds since 1970, by the vhost's name and port.
using CertificateExpiries = std::map<std::pair<std::string, int>, uint64_t>;

// Numbers and names that are not a hub's.
struct ServerFacts {
  std::string_view fanout;       // the way messages are sent: "write" or "io_uring"
  std::string_view lws_version;  // of the library that runs
  bool draining = false;
  const ApiCalls& api_calls;
  const CertificateExpiries& certificates;
};

// Returns all numbers in Prometheus's text format (prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4).
std::string metrics_text(const Hub& hub, const ServerFacts& facts);

}  // namespace lws_chat
