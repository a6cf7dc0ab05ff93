/*
 * The C ABI edge: the protocol table and the plugin's export, nothing else. lws finds the export by
 * the file name: what stands between the first '_' of libprotocol_lws_chat.so and the '.'.
 */
#include <libwebsockets.h>

#include "lws-chat.h"
#include "lws/callback.h"

/* How much lws may hand to one send(); a stream's largest segment goes out in one piece. */
#define LWS_CHAT_TX_BYTES 65536

/* Allocated by lws for every connection, and the most that one read takes. */
#define LWS_CHAT_RX_BYTES 384

static const struct lws_protocols protocols[] = {
    {
        .name = LWS_CHAT_NAME,
        .callback = lws_chat_callback,
        .per_session_data_size = LWS_CHAT_SESSION_BYTES,
        .rx_buffer_size = LWS_CHAT_RX_BYTES,
        .tx_packet_size = LWS_CHAT_TX_BYTES,
        .user = (void *)&lws_chat_ops,
    },
    /* The subprotocol that Centrifuge's SDKs ask for. It lives on the vhost's state of the first. */
    {
        .name = LWS_CHAT_PROTOBUF,
        .callback = lws_chat_callback,
        .per_session_data_size = LWS_CHAT_SESSION_BYTES,
        .rx_buffer_size = LWS_CHAT_RX_BYTES,
        .tx_packet_size = LWS_CHAT_TX_BYTES,
        .id = LWS_CHAT_PROTOBUF_ID,
    },
};

/*
 * The header has three forms: API 190 (lws 4.1) ends with api_magic; 191 (4.2 to 4.5) has the lws
 * build's hash before it; 192 (5.0) a priority after it, which stays 0.
 */
__attribute__((visibility("default"))) const lws_plugin_protocol_t lws_chat = {
    .hdr =
        {
            .name = "lws-chat",
            ._class = "lws_protocol_plugin",
#if LWS_PLUGIN_API_MAGIC >= 191
            .lws_build_hash = LWS_BUILD_HASH,
#endif
            .api_magic = LWS_PLUGIN_API_MAGIC,
        },
    .protocols = protocols,
    .count_protocols = LWS_ARRAY_SIZE(protocols),
    .extensions = NULL,
    .count_extensions = 0,
};
