#pragma once

#include <cstddef>
#include <cstdint>

#include "core/room/membership.h"

namespace lws_chat {

// Sends members what they have not got yet.
class Flush {
 public:
  // `fanout` may be nullptr.
  Flush(const HubSettings& settings, RoomTable& table, FlushQueue& queue, Membership& membership, Counters& counters,
        Fanout* fanout);

  // Sends out the rooms that are due, with at most about `max_writes` writes. Returns false if it stopped inside a
  // room.
  bool run(Time now, size_t max_writes);

  // Goes on with one client that has become ready.
  void pump(Client& client, Time now);

  // The client gets the last messages of its room, as far as the history has them, before those of the stream.
  void replay_last(Client& client, uint64_t messages, Time now);

  // The client gets the messages from this offset on before those of the stream. Precondition: the client has just
  // joined, and the history has these messages.
  static void replay_from(Client& client, uint64_t offset);

 private:
  bool flush(Room& room, Time now, size_t& budget);
  void serve_members(Room& room, Time now, size_t& budget);
  template <typename Work>
  void serve(Client& client, Time now, Work&& work);
  bool send_replay(Client& client, Time now);
  size_t send_replay_piece(Client& client, Time now);
  void send_stream(Client& client, Time now);
  static bool changes_stream(const Client& client, Cursor before);

  const HubSettings& settings_;
  RoomTable& table_;
  FlushQueue& queue_;
  Membership& membership_;
  Counters& counters_;
  Fanout* fanout_;
};

}  // namespace lws_chat
