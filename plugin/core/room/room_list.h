#pragma once

namespace lws_chat {

class Room;
class RoomList;

// A room's place in a list of rooms.
class RoomLink {
 public:
  bool listed() const { return room_ != nullptr; }

  // The room behind it in the list; nullptr at the end.
  Room* next() const { return next_ ? next_->room_ : nullptr; }

 private:
  friend class RoomList;
  Room* room_ = nullptr;  // nullptr: not in a list
  RoomLink* previous_ = nullptr;
  RoomLink* next_ = nullptr;
};

// Rooms in the order in which they were put in, linked through the rooms themselves.
class RoomList {
 public:
  Room* first() const { return first_ ? first_->room_ : nullptr; }

  // Precondition: the link is in no list.
  void push(Room& room, RoomLink& link) {
    link.room_ = &room;
    link.previous_ = last_;
    link.next_ = nullptr;
    (last_ ? last_->next_ : first_) = &link;
    last_ = &link;
  }

  // Takes the link out, if it is in.
  void remove(RoomLink& link) {
    if (!link.listed()) return;
    (link.previous_ ? link.previous_->next_ : first_) = link.next_;
    (link.next_ ? link.next_->previous_ : last_) = link.previous_;
    link = RoomLink();
  }

 private:
  RoomLink* first_ = nullptr;
  RoomLink* last_ = nullptr;
};

}  // namespace lws_chat
