#include "core/publishing.h"

#include <string>

#include "support/hub_fixture.h"

using namespace lws_chat;
using namespace lws_chat::core_test;

TEST(a_message_from_elsewhere_makes_its_room_if_needed) {
  Fixture f;
  CHECK(lws_chat::publish(f.hub, "new", {"a"}, 0).status == Status::kOk);
  CHECK(lws_chat::publish(f.hub, "new", {"b"}, 0).status == Status::kOk);
  Reader& reader = f.join("new", 5);
  CHECK_EQ(reader.got, "ab");
  CHECK(lws_chat::publish(f.hub, "new", {"c"}, 1).status == Status::kOk);
  f.hub.flush(1, kMany);
  CHECK_EQ(reader.got, "abc");
}

TEST(a_message_from_elsewhere_does_not_keep_a_room_without_history) {
  Hub::Settings chosen = settings();
  chosen.rooms.history.messages = 0;
  Fixture f(chosen);
  CHECK(lws_chat::publish(f.hub, "room", {"a"}, 0).status == Status::kOk);
  CHECK_EQ(f.hub.rooms().size(), 0u);
}

TEST(a_message_from_elsewhere_is_refused_if_its_room_has_no_place) {
  Fixture f;
  for (const char* room : {"1", "2", "3"}) f.join(room);
  CHECK(lws_chat::publish(f.hub, "4", {"a"}, 0).status == Status::kTooManyRooms);
  CHECK(lws_chat::publish(f.hub, "3", {"a"}, 0).status == Status::kOk);
}
