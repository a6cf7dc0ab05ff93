/*
 * A broadcast the way lws is usually taught: a ring that all sessions share, each with a tail of its
 * own, lws_callback_on_writable_all_protocol(), and one lws_write() per message and writeable callback.
 * On libuv, as lws-chatd.
 *
 *   bench_textbook PORT
 */
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define RING_MESSAGES 8192
/* Free places for messages that are still in the receive buffers when reading stops. */
#define RING_RESERVE 1024
#define MAX_MESSAGE 65536

struct message {
    void *bytes; /* LWS_PRE bytes, then the text */
    size_t size;
};

struct session {
    struct session *next;
    struct lws *wsi;
    uint32_t tail;
    char *partial; /* the beginning of a message */
    size_t partial_size;
    unsigned char stopped; /* reading has stopped until the ring has room */
};

struct vhost_data {
    struct lws_ring *ring;
    struct session *sessions;
    size_t stopped; /* number of stopped sessions */
};

static struct lws_context *context;

static void destroy_message(void *element) {
    struct message *message = element;
    free(message->bytes);
    message->bytes = NULL;
}

static void resume_reading(struct vhost_data *data) {
    if (!data->stopped || lws_ring_get_count_free_elements(data->ring) <= 2 * RING_RESERVE) return;
    data->stopped = 0;
    for (struct session *s = data->sessions; s; s = s->next) {
        if (!s->stopped) continue;
        s->stopped = 0;
        lws_rx_flow_control(s->wsi, 1);
    }
}

/* Returns 0, or -1 when the session must end. */
static int receive(struct vhost_data *data, struct session *session, const void *in, size_t size) {
    if (session->partial_size + size > MAX_MESSAGE) return -1;
    char *grown = realloc(session->partial, LWS_PRE + session->partial_size + size);
    if (!grown) return -1;
    memcpy(grown + LWS_PRE + session->partial_size, in, size);
    session->partial = grown;
    session->partial_size += size;
    if (!lws_is_final_fragment(session->wsi) || lws_remaining_packet_payload(session->wsi)) return 0;

    struct message message = {session->partial, session->partial_size};
    session->partial = NULL;
    session->partial_size = 0;
    if (!lws_ring_insert(data->ring, &message, 1)) {
        lwsl_err("the ring is full\n");
        destroy_message(&message);
        return -1;
    }
    if (lws_ring_get_count_free_elements(data->ring) < RING_RESERVE && !session->stopped) {
        session->stopped = 1;
        ++data->stopped;
        lws_rx_flow_control(session->wsi, 0);
    }
    lws_callback_on_writable_all_protocol(context, lws_get_protocol(session->wsi));
    return 0;
}

static int write_one(struct vhost_data *data, struct session *session) {
    const struct message *message = lws_ring_get_element(data->ring, &session->tail);
    if (!message) return 0;
    unsigned char *text = (unsigned char *)message->bytes + LWS_PRE;
    if (lws_write(session->wsi, text, message->size, LWS_WRITE_TEXT) < (int)message->size) return -1;
    lws_ring_consume_and_update_oldest_tail(data->ring, struct session, &session->tail, 1, data->sessions, tail, next);
    if (lws_ring_get_element(data->ring, &session->tail)) lws_callback_on_writable(session->wsi);
    resume_reading(data);
    return 0;
}

static void leave(struct vhost_data *data, struct session *session) {
    lws_ll_fwd_remove(struct session, next, session, data->sessions);
    free(session->partial);
    session->partial = NULL;
    data->stopped -= session->stopped;

    size_t most = 0;
    uint32_t oldest = session->tail;
    for (struct session *s = data->sessions; s; s = s->next) {
        size_t waiting = lws_ring_get_count_waiting_elements(data->ring, &s->tail);
        if (waiting < most) continue;
        most = waiting;
        oldest = s->tail;
    }
    lws_ring_update_oldest_tail(data->ring, oldest);
    resume_reading(data);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size) {
    struct session *session = user;
    struct vhost_data *data = lws_protocol_vh_priv_get(lws_get_vhost(wsi), lws_get_protocol(wsi));
    switch (reason) {
    case LWS_CALLBACK_PROTOCOL_INIT:
        data = lws_protocol_vh_priv_zalloc(lws_get_vhost(wsi), lws_get_protocol(wsi), sizeof *data);
        if (!data) return 1;
        data->ring = lws_ring_create(sizeof(struct message), RING_MESSAGES, destroy_message);
        return data->ring ? 0 : 1;
    case LWS_CALLBACK_PROTOCOL_DESTROY:
        if (data && data->ring) lws_ring_destroy(data->ring);
        return 0;
    case LWS_CALLBACK_ESTABLISHED:
        session->wsi = wsi;
        session->tail = lws_ring_get_oldest_tail(data->ring);
        if (data->sessions) {
            /* Skip older messages, which are for other sessions. */
            size_t waiting = lws_ring_get_count_waiting_elements(data->ring, &session->tail);
            if (waiting) lws_ring_consume(data->ring, &session->tail, NULL, waiting);
        }
        lws_ll_fwd_insert(session, next, data->sessions);
        return 0;
    case LWS_CALLBACK_CLOSED: leave(data, session); return 0;
    case LWS_CALLBACK_RECEIVE: return receive(data, session, in, size);
    case LWS_CALLBACK_SERVER_WRITEABLE: return write_one(data, session);
    default: return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "textbook", .callback = callback, .per_session_data_size = sizeof(struct session), .rx_buffer_size = 4096},
    {.name = NULL},
};

/* On libuv, lws catches these signals. */
static void stop(void *signal, int number) {
    (void)signal;
    (void)number;
    _exit(0);
}

int main(int argc, char **argv) {
    struct lws_context_creation_info info;
    struct rlimit files;
    memset(&info, 0, sizeof info);
    if (argc != 2) return 2;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    lws_set_log_level(LLL_ERR, NULL);
    info.port = atoi(argv[1]);
    info.iface = "127.0.0.1";
    info.protocols = protocols;
    info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_VALIDATE_UTF8;
    info.signal_cb = stop;
    context = lws_create_context(&info);
    if (!context) return 1;
    while (lws_service(context, 0) >= 0) {
    }
    lws_context_destroy(context);
    return 0;
}
