#include "lws/vhost/pvo.h"

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "support/unit.h"

using namespace lws_chat;

namespace {

// A list as lws makes it of a configuration.
class List {
 public:
  List& add(const char* name, const char* value) {
    items_.push_back({items_.empty() ? nullptr : &items_.back(), nullptr, name, value});
    return *this;
  }
  std::vector<std::string> read(Options& options) {
    return read_pvos(items_.empty() ? nullptr : &items_.back(), options);
  }

 private:
  std::deque<lws_protocol_vhost_options> items_;
};

}  // namespace

TEST(options_are_read_whatever_their_order) {
  Options options = default_options();
  CHECK(List().add("status", "ok").add("path", "/talk").add("max-clients", "7").read(options).empty());
  CHECK(options.enabled);
  CHECK_EQ(options.path, std::string("/talk"));
  CHECK_EQ(options.max_clients, 7u);
}

TEST(an_empty_list_leaves_the_defaults_and_the_vhost_off) {
  Options options = default_options();
  CHECK(List().read(options).empty());
  CHECK(!options.enabled);
}

TEST(each_wrong_option_is_a_problem_of_its_own_that_names_it) {
  Options options = default_options();
  std::vector<std::string> problems =
      List().add("status", "ok").add("max-clients", "many").add("no-such-option", "1").read(options);
  CHECK_EQ(problems.size(), 2u);
  std::string all = problems[0] + "\n" + problems[1];
  CHECK(all.find("max-clients: ") != std::string::npos);
  CHECK(all.find("no-such-option") != std::string::npos);
}

TEST(an_option_without_a_value_is_read_as_empty) {
  Options options = default_options();
  CHECK_EQ(List().add("max-clients", nullptr).read(options).size(), 1u);
}
