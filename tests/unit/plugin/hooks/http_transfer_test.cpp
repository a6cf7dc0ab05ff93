// Only TLS: http_caller_test has the rest.
#include "hooks/http_transfer.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <memory>

#include "support/call_loop.h"
#include "support/config_dir.h"
#include "support/small_server.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

struct Freed {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* tls) const { SSL_free(tls); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freed>;

// A self-signed certificate with its key.
class Certificate {
 public:
  // `name` as "IP:127.0.0.1" or "DNS:example.org".
  explicit Certificate(const char* name) : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    X509* made = certificate_.get();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key_.get());
    X509_NAME* subject = X509_get_subject_name(made);
    const auto* text = reinterpret_cast<const unsigned char*>(name);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(made, subject);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name);
    X509_add_ext(made, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(made, key_.get(), EVP_sha256());
  }

  std::string pem() const {
    Owned<BIO> bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), certificate_.get());
    char* text = nullptr;
    long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<size_t>(size)};
  }

  Owned<SSL_CTX> server() const {
    Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), certificate_.get());
    SSL_CTX_use_PrivateKey(context.get(), key_.get());
    return context;
  }

 private:
  Owned<EVP_PKEY> key_;
  Owned<X509> certificate_;
};

// Answers one request.
void serve_tls(SSL_CTX* context, int connection) {
  Owned<SSL> tls(SSL_new(context));
  SSL_set_fd(tls.get(), connection);
  char request[4096];
  if (SSL_accept(tls.get()) != 1 || SSL_read(tls.get(), request, sizeof request) <= 0) return;
  constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
  SSL_write(tls.get(), kReply.data(), static_cast<int>(kReply.size()));
}

HttpReply get(int port, const std::string& ca_file) {
  HttpCaller::Settings settings;
  settings.ca_file = ca_file;
  unit::CallLoop loop(settings);
  HttpCall call;
  call.url = "https://127.0.0.1:" + std::to_string(port) + "/";
  call.timeout = 60'000'000;
  return loop.reply_to(std::move(call));
}

}  // namespace

TEST(a_certificate_counts_only_if_its_authority_and_its_name_are_right) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to clients that have gone
  unit::TempDir dir;
  Certificate right("IP:127.0.0.1");
  Certificate other("IP:127.0.0.1");
  Certificate misnamed("DNS:example.org");
  dir.write("right", right.pem());
  dir.write("other", other.pem());
  dir.write("misnamed", misnamed.pem());
  Owned<SSL_CTX> context = right.server();
  Owned<SSL_CTX> misnamed_context = misnamed.server();
  unit::SmallServer server([&](int connection) { serve_tls(context.get(), connection); });
  unit::SmallServer misnamed_server([&](int connection) { serve_tls(misnamed_context.get(), connection); });

  CHECK_EQ(get(server.port(), dir.path("right")).body, "secret");
  struct {
    int port;
    std::string ca_file;
    std::string problem;
  } refused[] = {{server.port(), dir.path("other"), "the server's certificate is not trusted: "},
                 {server.port(), "", "the server's certificate is not trusted: "},
                 {misnamed_server.port(), dir.path("misnamed"), "the server's certificate is not trusted: "},
                 {server.port(), dir.path("missing"), "error setting certificate"}};
  for (const auto& one : refused) {
    HttpReply reply = get(one.port, one.ca_file);
    CHECK_EQ(reply.problem.substr(0, one.problem.size()), one.problem);
    CHECK_EQ(reply.body, "");
  }
}
