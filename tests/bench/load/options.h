// What one run of the generator does; see usage() in options.cpp.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

struct Options {
  // The server. A % in the path stands for the room's number.
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  std::string path = "/chat/";
  std::string channel;  // structured dialect: the room's name, with a % as in the path; empty: text dialect
  std::string events;   // the path of a room's event stream; empty: all readers are WebSockets
  std::string post;     // the path that publishes in a room; empty: readers publish
  std::string key;      // of who posts
  std::string subprotocol;
  bool tls = false;
  int group = 0;  // the server's process group; 0: none is sampled

  // Who is connected. The first `publishers` of the readers also publish, in turn over the rooms, and are never
  // event streams; where messages are posted the publishers are no readers.
  uint32_t readers = 1;
  uint32_t publishers = 1;
  uint32_t rooms = 1;
  uint32_t stalled = 0;      // more readers, who never read
  uint32_t connecting = 64;  // handshakes under way at a time

  // What is sent: one of rate, burst and window; none: nothing.
  double rate = 0;           // messages a second, all publishers together
  uint32_t burst = 0;        // messages at once, by one publisher
  double interval = 1;       // seconds between bursts
  uint32_t window = 0;       // messages of each publisher under way, closed loop
  size_t message_size = 64;  // bytes

  // How long, in seconds.
  double settle = 0.5;   // between the last handshake and the first message
  double warmup = 0.5;   // sending that is verified, but neither timed nor counted
  double duration = 3;   // sending that is measured
  double give_up = 2;    // a delivery so late, or none for so long, ends the sending: overloaded
  double patience = 60;  // for all handshakes together
  unsigned limit = 600;  // for the whole run

  int cpu = -1;  // the core to run on; -1: any
};

// Ends the program on --help and on anything wrong.
Options parse_options(int argc, char** argv);

}  // namespace bench
