#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>

#include "core/journal.h"
#include "core/memory.h"

namespace lws_chat {

class Client;
class Schedule;

// Pages of the journal, for members that need messages which memory does not have any more. Few are read at the same
// time, the others wait in line; and nobody keeps one: what a member does not take of its page is read again.
class Pages {
 public:
  // A page has about so much, and so many pages are under way at most.
  static constexpr size_t kMessages = 100;
  static constexpr size_t kBytes = 65536;
  static constexpr size_t kAtOnce = 64;

  // Gives a page to the member that waits for it; nullptr: it goes on without one.
  using Give = std::function<void(Client& client, const Journal::Page* page, Time now)>;

  // `journal` may be nullptr if no room is durable.
  Pages(Schedule& schedule, Memory& memory, Journal* journal)
      : schedule_(schedule), journal_(journal), charge_(memory.clients) {}
  void give_to(Give give) { give_ = std::move(give); }

  // Reads what the member gets next, and gives it in a later turn, unless the member leaves before that. Until then it
  // waits, see Client::waits_for_page(). Precondition: its room is durable.
  void read(Client& client);

  // Reads messages of a durable room from this offset on, for a question about them. They come at once or in a later
  // turn.
  Deferred<Journal::Page> read(std::string_view room, const HistoryLimits& limits, uint64_t from, size_t messages);

  // The member goes on in the next turn, without a page.
  void take_turns(Client& client);

 private:
  struct Wish {
    Client* client;
    std::weak_ptr<const void> wanted;  // expires if the client leaves
  };

  Wish wish_of(Client& client);
  void ask(const Wish& wish);
  void came(const Wish& wish, const Journal::Page& page, Time now);
  void go_on(Time now);
  void give(const Wish& wish, const Journal::Page* page, Time now);

  Schedule& schedule_;
  Journal* journal_;
  MemoryAccount::Charge charge_;  // of the pages under way
  Give give_;
  std::deque<Wish> line_;
  std::list<Promise<Journal::Page>> questions_;  // that wait for the journal, which may outlive those who have asked
  size_t under_way_ = 0;
};

}  // namespace lws_chat
