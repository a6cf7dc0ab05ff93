#include "wire/compression_offer.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr const char* kAlone = "; server_no_context_takeover; client_no_context_takeover";

}  // namespace

TEST(offers_of_browsers_and_libraries_are_accepted_without_context) {
  // Firefox and Safari; Chromium, npm ws and python-websockets; what a careful client sends.
  for (const char* offer :
       {"permessage-deflate", "permessage-deflate; client_max_window_bits",
        "permessage-deflate;server_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits=10", "x-webkit-deflate-frame, permessage-deflate"})
    CHECK_EQ(accept_compression(offer), kAlone);
}

TEST(a_window_of_32_kilobytes_is_confirmed) {
  CHECK_EQ(accept_compression("permessage-deflate; server_max_window_bits=15"),
           std::string(kAlone) + "; server_max_window_bits=15");
}

TEST(a_smaller_window_is_declined_and_the_next_offer_counts) {
  CHECK_EQ(accept_compression("permessage-deflate; server_max_window_bits=9"), "");
  CHECK_EQ(accept_compression("permessage-deflate; server_max_window_bits=9, permessage-deflate"), kAlone);
}

TEST(offers_that_rfc_7692_calls_invalid_are_declined) {
  for (const char* parameter :
       {"unknown", "server_max_window_bits", "server_max_window_bits=", "server_max_window_bits=16",
        "server_max_window_bits=7", "server_max_window_bits=015", "client_max_window_bits=", "client_max_window_bits=x",
        "client_no_context_takeover=1", "server_no_context_takeover=", "client_max_window_bits; client_max_window_bits",
        "", "=15", "client_max_window_bits=10=11", "server_max_window_bits=-15"})
    CHECK_EQ(accept_compression(std::string("permessage-deflate; ") + parameter + ";"), "");
}

TEST(other_extensions_are_not_ours) {
  for (const char* offer : {"", ",", ";", " , ;", "deflate", "permessage-deflate-2", "Permessage-Deflate",
                            "x; permessage-deflate", "permessage-bzip2; client_max_window_bits"})
    CHECK_EQ(accept_compression(offer), "");
}

TEST(lws_stops_reading_behind_the_first_offer_that_has_parameters) {
  std::string first = "x-other; a=b, permessage-deflate; client_max_window_bits,";
  CHECK_EQ(end_of_reading(first + " permessage-deflate"), first.size());
  CHECK_EQ(end_of_reading("permessage-deflate"), 18u);
  CHECK_EQ(end_of_reading("permessage-deflate, x"), 21u);
  CHECK_EQ(end_of_reading("x; permessage-deflate, y"), 24u);
}

TEST(forms_that_lws_reads_in_another_way_are_declined) {
  for (const char* offer :
       {"permessage-deflate; client_max_window_bits=\"10\"", "permessage-deflate\t; client_max_window_bits",
        "permessage-deflate, permessage-deflate; client_max_window_bits"})
    CHECK_EQ(accept_compression(offer), "");
}
