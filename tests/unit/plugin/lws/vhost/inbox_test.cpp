#include "lws/vhost/inbox.h"

#include <list>
#include <string>

#include "support/unit.h"

using namespace lws_chat;

namespace {

std::string taken(Inbox& inbox, size_t bytes, bool& more) {
  std::string all;
  for (const Inbox::Item& item : inbox.take(bytes, more)) all += item.room + "=" + item.payload + ";";
  return all;
}

}  // namespace

TEST(items_come_out_in_their_order) {
  Inbox inbox;
  bool wake = false, more = true;
  for (const char* text : {"1", "2", "3"}) CHECK(inbox.put("a", text, Format::kText, wake));
  CHECK_EQ(taken(inbox, 1 << 20, more), "a=1;a=2;a=3;");
  CHECK(!more);
}

TEST(only_the_first_of_several_items_wakes_the_taker) {
  Inbox inbox;
  bool wake = false, more = false;
  CHECK(inbox.put("a", "1", Format::kText, wake));
  CHECK(wake);
  CHECK(inbox.put("a", "2", Format::kText, wake));
  CHECK(!wake);
  (void)taken(inbox, 1 << 20, more);
  CHECK(inbox.put("a", "3", Format::kText, wake));
  CHECK(wake);
}

TEST(a_portion_ends_behind_the_item_that_fills_it) {
  Inbox inbox;
  bool wake = false, more = false;
  for (int i = 0; i < 3; ++i) CHECK(inbox.put("a", std::string(1000, 'x'), Format::kText, wake));
  CHECK_EQ(inbox.take(1500, more).size(), 2u);
  CHECK(more);
  // The taker comes by itself.
  CHECK(inbox.put("a", "y", Format::kText, wake));
  CHECK(!wake);
  CHECK_EQ(inbox.take(1 << 20, more).size(), 2u);
  CHECK(!more);
}

TEST(an_item_that_does_not_fit_is_refused_until_something_is_taken) {
  Inbox inbox;
  bool wake = false, more = false;
  std::string half(Inbox::kMaxBytes / 2, 'x');
  CHECK(inbox.put("a", half, Format::kText, wake));
  CHECK(!inbox.put("a", half, Format::kText, wake));
  CHECK(inbox.put("a", "small", Format::kText, wake));
  (void)inbox.take(1, more);
  CHECK(inbox.put("a", half, Format::kText, wake));
}

TEST(one_item_always_fits) {
  Inbox inbox;
  bool wake = false;
  CHECK(inbox.put("a", std::string(2 * Inbox::kMaxBytes, 'x'), Format::kText, wake));
  CHECK(!inbox.put("a", "y", Format::kText, wake));
}
