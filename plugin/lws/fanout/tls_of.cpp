#include "lws/fanout/tls_of.h"

#include <link.h>

#include <cstring>

namespace lws_chat {
namespace {

#if !defined(LWS_WITH_TLS) || defined(LWS_WITH_MBEDTLS) || defined(LWS_WITH_BORINGSSL) || defined(LWS_WITH_AWSLC) || \
    defined(LWS_WITH_BEARSSL) || defined(LWS_WITH_SCHANNEL) || defined(LWS_WITH_GNUTLS) ||                           \
    defined(LWS_WITH_OPENHITLS) || defined(USE_WOLFSSL)
#define LWS_CHAT_OTHER_TLS
#endif

#if !defined(LWS_CHAT_OTHER_TLS)
int count_openssl(dl_phdr_info* object, size_t, void* count) {
  if (object->dlpi_name && std::strstr(object->dlpi_name, "/libssl.so")) ++*static_cast<int*>(count);
  return 0;
}

// lws may have been linked with another version of OpenSSL, or with LibreSSL, and the two know nothing of each other.
bool one_openssl() {
  static const bool one = [] {
    int count = 0;
    dl_iterate_phdr(count_openssl, &count);
    return count == 1;
  }();
  return one;
}
#endif

}  // namespace

#if defined(LWS_CHAT_OTHER_TLS)

ssl_st* ssl_of(lws*) { return nullptr; }
TlsOutput tls_output_of(lws*) { return {}; }

#else

ssl_st* ssl_of(lws* wsi) { return lws_get_ssl(wsi); }

TlsOutput tls_output_of(lws* wsi) {
  ssl_st* ssl = one_openssl() ? ssl_of(wsi) : nullptr;
  return ssl ? TlsOutput(ssl, lws_get_socket_fd(wsi)) : TlsOutput();
}

#endif

}  // namespace lws_chat
