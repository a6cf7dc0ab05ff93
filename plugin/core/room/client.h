#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

#include "core/deferred.h"
#include "core/ending.h"
#include "core/identity.h"
#include "core/room/streams.h"

namespace lws_chat {

class Room;

// A reader and publisher of one room. The connection that it stands for implements how bytes leave; it may stand for
// several clients, each in a room of its own.
class Client {
 public:
  // `kind` is the kind of stream that the client reads.
  explicit Client(KindId kind) : kind_(kind) {}
  virtual ~Client() { stop_joining(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Returns true if a write would go out now. If not, the connection calls Hub::pump() when that changes.
  virtual bool ready() = 0;

  // Takes frames to send, from the first byte on. Returns how many bytes it took (whole frames; what it took it will
  // send, in order), or 0 if the connection is broken. If Hub::gathers(), the bytes stay where they are until
  // Fanout::complete(); otherwise only until it returns.
  virtual size_t write(std::string_view frames) = 0;

  // The client is no member any more. The connection ends in its own time and must not call the hub for this client
  // again. May not throw.
  virtual void dismissed(Ending ending, Time now) = 0;

  // The client's identity, made when somebody first asks for it; nullptr: others do not see the client.
  virtual IdentityPtr identity() { return identity_; }

  // Recognizes the client when it comes back; empty: it does not come back as the same one.
  virtual std::string_view return_key() const { return {}; }

  // Returns true if others are told when it comes and goes.
  bool announced() const { return announced_; }

  // Returns true if others may have seen the client's identity.
  bool identified() const { return identity_ != nullptr; }

  KindId kind() const { return kind_; }

  // Returns true if Hub::join() has not answered yet.
  bool joining() const { return joining_ != nullptr; }

  Room* room() const { return room_; }

  // Bytes published but not taken, without those of a replay.
  uint64_t lag() const { return stream_ ? stream_->stream.head() - cursor_ : 0; }

  // Returns true if the client will be dismissed as soon as it has taken what was published before.
  bool leaving() const { return leaving_ != Status::kOk; }

  // Returns true while the client still gets messages from the history.
  bool replaying() const { return replay_next_ < replay_end_; }

  // The offset of the first of those messages.
  uint64_t replay_begin() const { return replay_next_; }

  // Returns true if there is something that the client could take now and has not taken.
  bool behind() const { return room_ && !waits_for_page() && (replaying() || lag() > 0); }

  // Returns true while messages that the client gets next come from the journal. The hub goes on by itself.
  bool waits_for_page() const { return page_ != nullptr; }

  bool reads(const RoomStream& stream) const { return stream_ == &stream; }

  // True: Fanout::complete() still has to send what the client took. Then its connection calls Hub::pump(). Until then
  // the client is neither ready nor slow.
  void set_gathered(bool gathered) { gathered_ = gathered; }

  // Nobody is told when the client comes and goes. To be called before it joins.
  void go_unannounced() { announced_ = false; }

 protected:
  IdentityPtr identity_;

 private:
  // Parts of the hub. Each writes only its own fields.
  friend class Flush;
  friend class Joining;
  friend class Membership;
  friend class Pages;
  friend class Presence;
  friend class Room;
  static constexpr Cursor kNoStop = std::numeric_limits<Cursor>::max();

  void stop_joining() {
    if (joining_) *joining_ = false;
    joining_ = nullptr;
  }

  Room* room_ = nullptr;
  RoomStream* stream_ = nullptr;    // the room's stream that it reads; nullptr: it is in no room
  std::shared_ptr<bool> joining_;   // false: it does not want to join any more
  std::unique_ptr<Lifetime> page_;  // ends if it does not want the page that it waits for; nullptr: it does not wait
  Cursor cursor_ = 0;
  Cursor stop_ = kNoStop;      // where it will be dismissed; nothing after it is sent
  uint64_t replay_next_ = 0;   // offset of the next message that it gets from the history
  uint64_t replay_end_ = 0;    // offset behind the last such message; the stream comes after these
  uint32_t replay_taken_ = 0;  // bytes already taken of the frames of message replay_next_
  uint32_t index_ = 0;         // its place in the room's members
  Status leaving_ = Status::kOk;
  KindId kind_;
  bool gathered_ = false;
  bool newcomer_ = false;    // its replay may begin with a later message
  bool introduced_ = false;  // the hub knows it by its id
  bool recorded_ = false;    // there is a record that it is present
  bool announced_ = true;    // others are told when it comes and goes
};

// Where writes of a flush may be gathered on their way out.
class Fanout {
 public:
  // Sends all that clients have taken since the last time, and returns the time. May make clients leave.
  virtual Time complete() = 0;

 protected:
  ~Fanout() = default;
};

}  // namespace lws_chat
