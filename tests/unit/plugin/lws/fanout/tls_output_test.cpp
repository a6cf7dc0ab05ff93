#include "lws/fanout/tls_output.h"

#include <openssl/err.h>

#include <optional>
#include <string>
#include <vector>

#include "support/tls_pair.h"
#include "support/unit.h"

using namespace lws_chat;
using unit::TlsPair;

namespace {

// A connection whose records take the way of TlsOutput. `room` stands for the batch.
struct Peer {
  Peer() : Peer(TlsPair::Wish()) {}
  explicit Peer(const TlsPair::Wish& wish) : pair(wish), output(TlsOutput(pair.server(), pair.server_socket())) {
    CHECK(static_cast<bool>(*output));
  }

  std::string seal(std::string_view text) {
    std::string room(TlsOutput::room_for(text.size()), '\0');
    room.resize(output->seal(pair.server(), text, room.data(), room.size()));
    return room;
  }
  // The kernel takes the first bytes of the batch.
  void leave(std::string_view records, size_t taken) {
    size_t sent = 0;
    while (sent < taken) {
      ssize_t n = ::send(pair.server_socket(), records.data() + sent, taken - sent, MSG_DONTWAIT);
      CHECK(n > 0);
      sent += static_cast<size_t>(n);
    }
    CHECK(output->keep(records.substr(taken)));
  }
  // As lws writes. Returns OpenSSL's error.
  int write(std::string_view text) const {
    ERR_clear_error();
    int n = SSL_write(pair.server(), text.data(), static_cast<int>(text.size()));
    return n > 0 ? SSL_ERROR_NONE : SSL_get_error(pair.server(), n);
  }

  TlsPair pair;
  std::optional<TlsOutput> output;
};

}  // namespace

TEST(sealed_records_leave_with_the_batch_and_not_before) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Peer peer({version});
    std::string records = peer.seal("hello");
    CHECK_EQ(peer.pair.receive(), std::string());
    peer.leave(records, records.size());
    CHECK_EQ(peer.pair.receive(), std::string("hello"));
    CHECK(!peer.output->waits());
  }
}

TEST(what_is_written_otherwise_leaves_at_once) {
  Peer peer;
  CHECK_EQ(peer.write("hello"), SSL_ERROR_NONE);
  CHECK_EQ(peer.pair.receive(), std::string("hello"));
}

TEST(a_write_does_not_overtake_records_that_are_in_the_batch) {
  Peer peer;
  std::string records = peer.seal("first ");
  CHECK_EQ(peer.write("second"), SSL_ERROR_WANT_WRITE);
  peer.leave(records, records.size());
  CHECK_EQ(peer.write("second"), SSL_ERROR_NONE);
  CHECK_EQ(peer.pair.receive(), std::string("first second"));
}

TEST(what_the_batch_could_not_send_leaves_before_anything_else_wherever_it_was_cut) {
  size_t size = Peer().seal("first ").size();
  for (size_t taken = 0; taken <= size; ++taken) {
    Peer peer;
    peer.leave(peer.seal("first "), taken);
    CHECK_EQ(peer.output->waits(), taken < size);
    CHECK_EQ(peer.write("second"), SSL_ERROR_NONE);
    CHECK(!peer.output->waits());
    CHECK_EQ(peer.pair.receive(), std::string("first second"));
  }
}

TEST(records_wait_while_the_socket_is_full_and_writes_wait_behind_them) {
  Peer peer;
  std::string records = peer.seal("first ");
  // These bytes are taken out again before the client reads.
  std::string junk(4000, 'x');
  while (::send(peer.pair.server_socket(), junk.data(), junk.size(), MSG_DONTWAIT) > 0) continue;
  CHECK(peer.output->keep(records));
  CHECK(peer.output->send());
  CHECK(peer.output->waits());
  CHECK_EQ(peer.write("second"), SSL_ERROR_WANT_WRITE);
  while (recv(peer.pair.client_socket(), junk.data(), junk.size(), MSG_DONTWAIT) > 0) continue;
  CHECK(peer.output->send());
  CHECK(!peer.output->waits());
  CHECK_EQ(peer.write("second"), SSL_ERROR_NONE);
  CHECK_EQ(peer.pair.receive(), std::string("first second"));
}

TEST(a_write_to_a_full_socket_is_repeated_from_where_it_stopped) {
  Peer peer;
  std::string text(4000, 'x');
  std::string expected = text;
  while (peer.write(text) == SSL_ERROR_NONE) expected += text;
  std::string got = peer.pair.receive();
  CHECK_EQ(peer.write(text), SSL_ERROR_NONE);
  CHECK_EQ(got + peer.pair.receive(), expected);
}

TEST(a_close_notify_comes_after_what_waits) {
  Peer peer;
  std::string records = peer.seal("last words");
  peer.leave(records, 3);
  SSL_shutdown(peer.pair.server());
  CHECK_EQ(peer.pair.receive(), std::string("last words"));
  CHECK_EQ(peer.pair.error, SSL_ERROR_ZERO_RETURN);
}

TEST(a_close_notify_arrives_after_the_connection_has_let_go) {
  Peer peer;
  peer.leave(peer.seal("last words"), 3);
  peer.output.reset();
  SSL_shutdown(peer.pair.server());
  CHECK_EQ(peer.pair.receive(), std::string("last words"));
  CHECK_EQ(peer.pair.error, SSL_ERROR_ZERO_RETURN);
}

TEST(nothing_follows_records_that_were_lost) {
  Peer peer;
  (void)peer.seal("lost");
  peer.output->give_up();
  CHECK_EQ(peer.seal("more").size(), 0u);
  CHECK_EQ(peer.write("more"), SSL_ERROR_SYSCALL);
  CHECK(!peer.output->send());
  CHECK_EQ(peer.pair.receive(), std::string());
  CHECK_EQ(peer.pair.error, SSL_ERROR_WANT_READ);
}

TEST(a_connection_that_goes_during_a_batch_sends_nothing_more) {
  Peer peer;
  (void)peer.seal("lost");
  peer.output.reset();
  SSL_shutdown(peer.pair.server());
  CHECK_EQ(peer.pair.receive(), std::string());
  CHECK_EQ(peer.pair.error, SSL_ERROR_WANT_READ);
}

TEST(a_peer_that_is_gone_is_noticed) {
  Peer peer;
  std::string records = peer.seal("hello");
  shutdown(peer.pair.client_socket(), SHUT_RDWR);
  CHECK(peer.output->keep(records));
  CHECK(!peer.output->send());
  CHECK_EQ(peer.write("more"), SSL_ERROR_SYSCALL);
}

TEST(the_output_may_outlive_the_connection) {
  Peer peer;
  peer.leave(peer.seal("hello"), 3);
  peer.pair.free_server();
  CHECK(peer.output->waits());
}

// OpenSSL answers with a key of its own when it writes next.
TEST(a_new_key_that_the_client_asks_for_is_gathered_with_the_records) {
  Peer peer;
  std::string records = peer.seal("old ");
  SSL_key_update(peer.pair.client(), SSL_KEY_UPDATE_REQUESTED);
  CHECK_EQ(SSL_write(peer.pair.client(), "x", 1), 1);
  char byte;
  CHECK_EQ(SSL_read(peer.pair.server(), &byte, 1), 1);
  peer.leave(records, 5);
  CHECK(peer.output->send());
  records = peer.seal("new ");
  CHECK(records.size() > peer.seal("new ").size());
  peer.leave(records, records.size());
  CHECK_EQ(peer.pair.receive(), std::string("old new "));
  CHECK_EQ(peer.pair.error, SSL_ERROR_WANT_READ);
}

TEST(a_new_key_of_the_server_is_written_in_the_usual_way_in_front_of_what_follows) {
  Peer peer;
  peer.leave(peer.seal("old "), 5);
  SSL_key_update(peer.pair.server(), SSL_KEY_UPDATE_NOT_REQUESTED);
  CHECK(peer.seal("new").empty());
  CHECK_EQ(peer.write("new "), SSL_ERROR_NONE);
  std::string records = peer.seal("newer");
  peer.leave(records, records.size());
  CHECK_EQ(peer.pair.receive(), std::string("old new newer"));
}

// The hub's way: what TLS does not let into the batch is written in the usual way. Every other batch leaves in part.
TEST(a_client_that_negotiates_again_under_load_gets_every_byte_in_order) {
  Peer peer({TLS1_2_VERSION, nullptr, TLSEXT_max_fragment_length_DISABLED, true});
  std::string expected;
  std::string got;
  std::string unwritten;
  size_t renegotiated = 0;
  for (int i = 0; i < 400; ++i) {
    char byte;
    if (i % 20 == 7 && !SSL_renegotiate_pending(peer.pair.client())) CHECK_EQ(SSL_renegotiate(peer.pair.client()), 1);
    got += peer.pair.receive();
    CHECK_EQ(peer.pair.error, SSL_ERROR_WANT_READ);
    if (i % 3 == 0) (void)SSL_read(peer.pair.server(), &byte, 1);
    CHECK(peer.output->send());
    std::string text = std::to_string(i) + ' ';
    std::string records = unwritten.empty() ? peer.seal(text) : std::string();
    if (!records.empty())
      peer.leave(records, i % 2 ? records.size() : records.size() / 2);
    else
      unwritten += text;
    expected += text;
    if (!unwritten.empty() && peer.write(unwritten) == SSL_ERROR_NONE) unwritten.clear();
    renegotiated = static_cast<size_t>(SSL_total_renegotiations(peer.pair.client()));
  }
  for (int turn = 0; turn < 20; ++turn) {
    char byte;
    CHECK(peer.output->send());
    if (!unwritten.empty() && peer.write(unwritten) == SSL_ERROR_NONE) unwritten.clear();
    (void)SSL_read(peer.pair.server(), &byte, 1);
    got += peer.pair.receive();
  }
  CHECK(renegotiated > 5);
  CHECK_EQ(got, expected);
}

TEST(a_renegotiation_of_the_server_leaves_with_the_records) {
  Peer peer({TLS1_2_VERSION});
  peer.leave(peer.seal("old "), 5);
  CHECK(peer.output->send());
  SSL_renegotiate(peer.pair.server());
  std::string records = peer.seal("same ");
  peer.leave(records, records.size() / 2);
  CHECK(peer.output->send());
  std::string got = peer.pair.receive();
  for (int turn = 0; turn < 5; ++turn) {
    char byte;
    (void)SSL_read(peer.pair.server(), &byte, 1);
    got += peer.pair.receive();
  }
  CHECK_EQ(SSL_num_renegotiations(peer.pair.client()), 1);
  records = peer.seal("new");
  peer.leave(records, records.size());
  CHECK_EQ(got + peer.pair.receive(), std::string("old same new"));
}

// OpenSSL's default. It answers with an alert, which its own client takes for the end.
TEST(a_renegotiation_that_is_refused_is_answered_behind_what_was_sent) {
  Peer peer({TLS1_2_VERSION});
  peer.leave(peer.seal("all of it"), 3);
  SSL_renegotiate(peer.pair.client());
  CHECK_EQ(peer.pair.receive(), std::string());
  char byte;
  CHECK_EQ(SSL_get_error(peer.pair.server(), SSL_read(peer.pair.server(), &byte, 1)), SSL_ERROR_WANT_READ);
  CHECK_EQ(peer.pair.receive(), std::string("all of it"));
  CHECK_EQ(peer.pair.error, SSL_ERROR_SSL);
  CHECK(!peer.seal("more").empty());
}

TEST(the_room_is_enough_for_any_cipher_and_length_of_a_record) {
  std::vector<TlsPair::Wish> wishes = {
      {TLS1_3_VERSION, nullptr, TLSEXT_max_fragment_length_DISABLED},
      {TLS1_3_VERSION, nullptr, TLSEXT_max_fragment_length_512},
      {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-SHA384", TLSEXT_max_fragment_length_512},
      {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-SHA384", TLSEXT_max_fragment_length_DISABLED},
  };
  for (const TlsPair::Wish& wish : wishes) {
    for (size_t size :
         {size_t{1}, size_t{511}, size_t{512}, size_t{513}, size_t{16384}, size_t{16385}, size_t{65536}}) {
      Peer peer(wish);
      std::string text(size, 'x');
      std::string records = peer.seal(text);
      CHECK(!records.empty());
      peer.leave(records, records.size() / 2);
      std::string got = peer.pair.receive();
      CHECK(peer.output->send());
      CHECK_EQ(got + peer.pair.receive(), text);
    }
  }
}

TEST(a_connection_with_another_way_out_keeps_it) {
  TlsPair pair;
  BIO* other = BIO_new(BIO_s_mem());
  SSL_set0_wbio(pair.server(), other);
  CHECK(!TlsOutput(pair.server(), pair.server_socket()));
  CHECK(SSL_get_wbio(pair.server()) == other);
  TlsPair second;
  CHECK(!TlsOutput(second.server(), second.client_socket()));
}

TEST(a_connection_in_the_middle_of_a_handshake_is_written_to_in_the_usual_way) {
  int ends[2];
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, ends[0]);
  SSL_set_accept_state(ssl);
  {
    TlsOutput output(ssl, ends[0]);
    std::string room(2000, '\0');
    CHECK_EQ(output.seal(ssl, "hello", room.data(), room.size()), 0u);
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
  for (int end : ends) close(end);
}
