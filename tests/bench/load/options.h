// Options of one run of the generator. usage() in options.cpp explains them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct Options {
  // The server. A % in the path stands for the room's number.
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  uint16_t publish_port = 0;  // of the server that the publishers connect to; 0: the same
  std::string path = "/chat/";
  std::string channel;  // the room's name in the structured dialect, may have a %; empty: text dialect
  std::string events;   // path of a room's event stream; empty: all readers are WebSockets
  std::string post;     // path for publishing to a room; empty: readers publish
  std::string key;      // API key for posts
  std::string subprotocol;
  bool tls = false;
  int group = 0;            // the server's process group; 0: do not sample it
  std::vector<int> beside;  // further groups to sample, each for itself

  // The clients. The first `publishers` of the readers also publish, in turn over the rooms, and are never event
  // streams. If messages are posted, the publishers are not readers.
  uint32_t readers = 1;
  uint32_t publishers = 1;
  uint32_t rooms = 1;
  uint32_t stalled = 0;      // additional clients that never read
  uint32_t connecting = 64;  // handshakes at a time

  // The load: one of rate, burst and window. None: nothing is sent.
  double rate = 0;           // messages a second from all publishers together
  uint32_t burst = 0;        // messages at once from one publisher
  double interval = 1;       // seconds between bursts
  uint32_t window = 0;       // messages under way per publisher, closed loop
  size_t message_size = 64;  // bytes
  bool json = false;         // the padding is JSON, which can be compressed as real messages can
  bool deflate = false;      // the clients ask for compression

  // Durations in seconds.
  double settle = 0.5;   // between the last handshake and the first message
  double warmup = 0.5;   // verified sending that is neither timed nor counted
  double duration = 3;   // measured sending
  double give_up = 2;    // a delivery this late, or none for so long, ends the sending as overloaded
  double patience = 60;  // for all handshakes together
  unsigned limit = 600;  // for the whole run

  int cpu = -1;  // the core to run on; -1: any
};

// Ends the program after --help or an error.
Options parse_options(int argc, char** argv);

}  // namespace bench
