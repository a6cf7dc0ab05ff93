#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "access/hook.h"
#include "access/hook_counters.h"
#include "access/tokens.h"
#include "core/broker_counters.h"
#include "core/hub.h"
#include "core/store_counters.h"
#include "wire/compression_counters.h"

namespace lws_chat {

// Counts of requests to the server API, by method and HTTP status.
using ApiCalls = std::map<std::pair<std::string, unsigned>, uint64_t>;

// Expiry of certificates in seconds since 1970, by the vhost's name and port.
using CertificateExpiries = std::map<std::pair<std::string, int>, uint64_t>;

// Fetches of a key set from its URL.
struct KeySetFacts {
  uint64_t fetched = 0;
  uint64_t failed = 0;
  Time age = 0;  // microseconds since the last one that succeeded; if none did, since the start
};

// What the doors of a hub's vhosts have counted.
struct DoorFacts {
  std::map<HookKind, HookCounters> hooks{};                          // kinds that have a URL
  uint64_t hooks_waiting = 0;                                        // questions without an answer
  std::optional<std::array<uint64_t, kTokenVerdictCount>> tokens{};  // nullopt: no token is accepted
  std::optional<KeySetFacts> key_set{};                              // nullopt: no key set has a URL
  uint64_t revocations = 0;
};

// Numbers and names that are not a hub's.
struct ServerFacts {
  std::string_view fanout;       // the way messages are sent: "write" or "io_uring"
  std::string_view lws_version;  // of the library that runs
  bool draining = false;
  const ApiCalls& api_calls;
  const CertificateExpiries& certificates;
  const DoorFacts& doors;
  const StoreCounters* storage = nullptr;  // nullptr: messages are in memory only
  const BrokerCounters* broker = nullptr;  // nullptr: no rooms are shared
  CompressionCounters deflated{};          // messages compressed for readers
  CompressionCounters inflated{};          // compressed messages of clients
};

// Returns all numbers in Prometheus's text format (prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4).
std::string metrics_text(const Hub& hub, const ServerFacts& facts);

}  // namespace lws_chat
