#include "lws/http/http_date.h"

#include <clocale>
#include <ctime>
#include <string>

#include "support/unit.h"

using namespace lws_chat;

namespace {

// The time as the C library writes it in the C locale, which a program starts with.
std::string date_at(time_t seconds) {
  tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  return {text, strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

}  // namespace

TEST(the_date_is_the_present_second_in_the_form_of_rfc_9110) {
  time_t before = time(nullptr);
  std::string date = http_date();
  time_t after = time(nullptr);
  bool found = false;
  for (time_t at = before; at <= after; ++at) found = found || date == date_at(at);
  CHECK(found);
  CHECK_EQ(date.size(), 29u);
}

TEST(the_date_does_not_follow_the_language_of_the_process) {
  std::string plain = date_at(time(nullptr)).substr(0, 3);
  if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8")) {
    std::puts("not tested: this system has neither a German nor a French locale");
    return;
  }
  std::string date = http_date();
  setlocale(LC_ALL, "C");
  CHECK_EQ(date.substr(0, 3), plain);
}
