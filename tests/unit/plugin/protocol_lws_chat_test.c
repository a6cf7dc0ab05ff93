/*
 * The plugin's C ABI as lws sees it, from a C program: argv[1] is the .so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <libwebsockets.h>
#include <string.h>

#include "lws-chat.h"

static const char *plugin_path;

static const lws_plugin_protocol_t *load(void **handle)
{
    *handle = dlopen(plugin_path, RTLD_NOW | RTLD_LOCAL);
    if (!*handle)
        fail_msg("%s", dlerror());
    return dlsym(*handle, "lws_chat");
}

static void the_export_is_named_after_the_file_and_is_a_protocol_plugin(void **state)
{
    void *handle;
    const lws_plugin_protocol_t *plugin = load(&handle);
    (void)state;
    assert_non_null(plugin);
    assert_string_equal(plugin->hdr._class, "lws_protocol_plugin");
    assert_string_equal(plugin->hdr.name, "lws-chat");
    assert_int_equal(plugin->hdr.api_magic, LWS_PLUGIN_API_MAGIC);
    dlclose(handle);
}

static void it_has_two_protocols_with_a_callback_and_three_words_per_session(void **state)
{
    void *handle;
    const lws_plugin_protocol_t *plugin = load(&handle);
    (void)state;
    assert_int_equal(plugin->count_protocols, 2);
    assert_int_equal(plugin->count_extensions, 0);
    assert_string_equal(plugin->protocols[0].name, "lws-chat");
    assert_string_equal(plugin->protocols[1].name, "centrifuge-protobuf");
    for (int i = 0; i < plugin->count_protocols; ++i) {
        assert_non_null(plugin->protocols[i].callback);
        assert_int_equal(plugin->protocols[i].per_session_data_size, 3 * sizeof(void *));
    }
    dlclose(handle);
}

static void its_user_pointer_is_the_ops_table(void **state)
{
    void *handle;
    const struct lws_chat_ops *ops = load(&handle)->protocols[0].user;
    (void)state;
    assert_int_equal(ops->version, LWS_CHAT_OPS_VERSION);
    assert_string_equal(ops->lws_version, LWS_LIBRARY_VERSION);
    assert_int_equal(ops->connections(NULL), 0);
    assert_int_equal(ops->misconfigured(NULL), 0);
    ops->drain(NULL);
    dlclose(handle);
}

static void its_extension_is_permessage_deflate_for_the_host(void **state)
{
    void *handle;
    const struct lws_chat_ops *ops = load(&handle)->protocols[0].user;
    const struct lws_extension *extensions = ops->extensions();
    (void)state;
    assert_string_equal(extensions[0].name, "permessage-deflate");
    assert_non_null(extensions[0].callback);
    assert_null(extensions[1].callback);
    dlclose(handle);
}

static void nothing_else_is_exported(void **state)
{
    void *handle;
    (void)state;
    load(&handle);
    assert_null(dlsym(handle, "lws_chat_callback"));
    dlclose(handle);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_export_is_named_after_the_file_and_is_a_protocol_plugin),
        cmocka_unit_test(it_has_two_protocols_with_a_callback_and_three_words_per_session),
        cmocka_unit_test(its_user_pointer_is_the_ops_table),
        cmocka_unit_test(its_extension_is_permessage_deflate_for_the_host),
        cmocka_unit_test(nothing_else_is_exported),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: plugin_abi_test FILE.so\n");
        return 2;
    }
    plugin_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
