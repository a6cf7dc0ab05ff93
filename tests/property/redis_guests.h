// Clients whose sessions have names, in the model: they come back on any node, as the same client.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "property/redis_node.h"

namespace lws_chat::redis_model {

class Guests {
 public:
  struct World {
    Pick pick;
    std::function<Time()> now;
    std::function<IdentityPtr()> somebody;
    std::function<Reader&(Node&, Visitor)> enter;
    std::function<bool()> may_err;  // a server has done late what makes an older connection look newer
  };

  // `ghosts`: a node may not notice that a connection is lost.
  Guests(World world, bool ghosts) : world_(std::move(world)), ghosts_(ghosts) {
    for (const char* name : {"ann", "ben", "cem"}) guests_.push_back({std::string("session ") + name});
  }

  // One of them leaves the node where it is, and most times comes to this one.
  void move(Node& to, const std::string& room) {
    Guest& guest = guests_[world_.pick(static_cast<unsigned>(guests_.size()))];
    if (guest.coming_to) return;
    if (Reader* reader = std::exchange(guest.reader, nullptr)) {
      bool unnoticed = ghosts_ && guest.came + 10 * kSecond <= world_.now() && world_.pick(2) == 0;
      if (!unnoticed) lose(*reader);
    }
    if (world_.pick(5) == 0) return;
    trace(guest.key + " comes to " + to.name);
    guest.coming_to = &to;
    ask(guest, to, room);
  }

  // The session is on another node, as this one has learned.
  void replaced(Reader& reader) {
    trace(reader.visitor.key + " is over on " + reader.node.name);
    for (Guest& guest : guests_) {
      if (guest.reader != &reader) continue;
      if (!world_.may_err()) fail("the newest connection of " + guest.key + " was ended on " + reader.node.name);
      guest.reader = nullptr;
    }
    lose(reader);
  }

  // The client has a newer connection, or has gone without a word.
  bool is_ghost(const Reader& reader) const {
    return reader.visitor.named &&
           std::none_of(guests_.begin(), guests_.end(), [&](const Guest& guest) { return guest.reader == &reader; });
  }

  void node_dies(const Node& node) {
    for (Guest& guest : guests_) {
      if (guest.reader && &guest.reader->node == &node) guest.reader = nullptr;
      if (guest.coming_to == &node) guest.coming_to = nullptr;
    }
  }

  void check(const std::vector<std::unique_ptr<Node>>& nodes) const {
    for (const Guest& guest : guests_) {
      if (guest.coming_to) fail("nobody says who " + guest.key + " was");
      size_t connections = 0;
      for (const auto& node : nodes)
        for (const auto& reader : node->readers) connections += is_of(*reader, guest.key);
      if (connections > 1) fail(guest.key + " has " + std::to_string(connections) + " connections");
    }
  }

 private:
  struct Guest {
    std::string key;
    Reader* reader = nullptr;  // its newest connection
    Node* coming_to = nullptr;
    Time came = 0;
  };

  static bool is_of(const Reader& reader, const std::string& key) {
    return reader.visitor.named && reader.visitor.key == key;
  }

  // As a session of the structured dialect does it: see Session::identified().
  void ask(Guest& guest, Node& node, const std::string& room) {
    (void)replace_here(guest, node);
    node.hub->presence()
        .take_back(guest.key, node.now)
        .then(node.lifetime, [this, &guest, &node, room](const IdentityPtr& before) {
          if (replace_here(guest, node)) return ask(guest, node, room);
          Visitor visitor;
          visitor.room = room;
          visitor.who = before ? before : world_.somebody();
          visitor.key = guest.key;
          visitor.named = true;
          guest.coming_to = nullptr;
          guest.came = world_.now();
          node.hub->presence().arrive(guest.key, visitor.who, node.now);
          guest.reader = &world_.enter(node, std::move(visitor));
        });
  }

  bool replace_here(const Guest& guest, Node& node) {
    auto found = std::find_if(node.readers.begin(), node.readers.end(),
                              [&](const auto& reader) { return is_of(*reader, guest.key); });
    if (found == node.readers.end()) return false;
    lose(**found);
    return true;
  }

  static void lose(Reader& reader) {
    Node& node = reader.node;
    node.hub->leave(reader, node.now, Departure::kMayReturn);
    node.hub->presence().depart(reader.visitor.key, reader.visitor.who, node.now + kGrace, node.now);
    node.readers.erase(
        std::find_if(node.readers.begin(), node.readers.end(), [&](const auto& one) { return one.get() == &reader; }));
  }

  World world_;
  bool ghosts_;
  std::vector<Guest> guests_;
};

}  // namespace lws_chat::redis_model
