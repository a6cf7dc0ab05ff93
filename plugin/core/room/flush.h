#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/room/membership.h"
#include "core/room/pages.h"

namespace lws_chat {

// Sends members what they have not got yet.
class Flush {
 public:
  // `fanout` may be nullptr.
  Flush(const HubSettings& settings, RoomTable& table, FlushQueue& queue, Membership& membership, Pages& pages,
        Counters& counters, Fanout* fanout);

  // Sends out the rooms that are due, with at most about `max_writes` writes. Returns false if it stopped inside a
  // room.
  bool run(Time now, size_t max_writes);

  // Goes on with one client that has become ready.
  void pump(Client& client, Time now);

  // The client gets the last messages of its room, as far as the room keeps them, before those of the stream.
  void replay_last(Client& client, uint64_t messages, Time now);

  // The client gets the messages from this offset on before those of the stream. Precondition: the client has just
  // joined, and the room keeps these messages, see Room::first_kept().
  static void replay_from(Client& client, uint64_t offset);

 private:
  bool flush(Room& room, Time now, size_t& budget);
  void serve_members(Room& room, Time now, size_t& budget);
  template <typename Work>
  void serve(Client& client, Time now, Work&& work);
  // Messages that leave in one write.
  struct Piece {
    std::string bytes;
    std::vector<size_t> ends;  // of the messages, in the buffer

    bool full() const;
    void add(const Client& client, const Message& message, uint64_t offset);
  };

  bool send_replay(Client& client, Time now);
  bool has_next(Client& client, Time now);
  bool lose_until(Client& client, uint64_t first, Time now);
  size_t send_kept(Client& client, Time now);
  size_t send_piece(Client& client, const Piece& piece, Time now);
  void go_on_with(Client& client, const Journal::Page* page, Time now);
  bool send_page(Client& client, const Journal::Page& page, Time now);
  bool must_go(Client& client) const;
  void send_stream(Client& client, Time now);
  static bool changes_stream(const Client& client, Cursor before);

  const HubSettings& settings_;
  RoomTable& table_;
  FlushQueue& queue_;
  Membership& membership_;
  Pages& pages_;
  Counters& counters_;
  Fanout* fanout_;
};

}  // namespace lws_chat
