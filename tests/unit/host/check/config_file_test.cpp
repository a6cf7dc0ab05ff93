#include "host/check/config_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "support/config_findings.h"

using namespace unit;

TEST(a_missing_directory_is_an_error) {
  TempDir dir;
  CHECK_EQ(joined(check_config(dir.path("none"), good_plugins())),
           dir.path("none") +
               ": error: No such file or directory, expected the configuration directory: create it or "
               "give another one\n");
  dir.write("file", "");
  CHECK_CONTAINS(joined(check_config(dir.path("file"), good_plugins())), "not a directory");
}

TEST(a_missing_conf_is_an_error_but_a_missing_folder_is_not) {
  TempDir dir;
  dir.write("conf.d/a", vhost(kPlain + "," + kChat));
  CHECK_EQ(joined(check_config(dir.path(), good_plugins())),
           "conf: error: missing in " + dir.path() +
               ", and libwebsockets requires it: create it, with at least {\"global\": {}}\n");
  CHECK_EQ(findings(vhost(kPlain + "," + kChat)), "");
}

TEST(a_directory_whose_path_lws_would_cut_is_an_error) {
  TempDir dir;
  std::string shorter = std::string(119 - dir.path().size() - 1, 'x');
  dir.write(shorter + "/conf", vhost(kPlain + "," + kChat));
  CHECK_EQ(joined(check_config(dir.path(shorter), good_plugins())), "");
  dir.write(shorter + "y/conf", vhost(kPlain + "," + kChat));
  CHECK_CONTAINS(joined(check_config(dir.path(shorter + "y"), good_plugins())),
                 "path of 120 bytes, libwebsockets cuts it off after 119");
}

TEST(a_file_name_that_lws_would_cut_is_an_error) {
  TempDir dir;
  dir.write("conf", vhost(kPlain + "," + kChat));
  std::string name(254 - dir.path("conf.d/").size(), 'x');
  dir.write("conf.d/" + name, "{\"global\":{}}");
  CHECK_EQ(joined(check_config(dir.path(), good_plugins())), "");
  dir.write("conf.d/" + name + "y", "{\"global\":{}}");
  CHECK_CONTAINS(joined(check_config(dir.path(), good_plugins())), "path of 255 bytes");
}

TEST(entries_of_the_folder_that_lws_skips_are_reported) {
  TempDir dir;
  dir.write("conf", vhost(kPlain + "," + kChat));
  dir.write("conf.d/backup~", "not read");
  dir.make_folder("conf.d/folder");
  std::filesystem::create_symlink(dir.path("conf"), dir.path("conf.d/link"));
  mkfifo(dir.path("conf.d/pipe").c_str(), 0600);
  CHECK_EQ(joined(check_config(dir.path(), good_plugins())),
           "conf.d/backup~: warning: libwebsockets skips names with '~': rename the file, or move it elsewhere\n"
           "conf.d/folder: warning: libwebsockets skips sub-directories, expected regular files only\n"
           "conf.d/link: error: libwebsockets skips symbolic links: copy the file here, or move the link elsewhere\n"
           "conf.d/pipe: warning: not a regular file, libwebsockets skips it\n");
}

TEST(every_file_in_the_folder_is_checked) {
  CHECK_CONTAINS(findings(vhost(kPlain + "," + kChat), "Put files here.\n"),
                 "conf.d/b:1:1: error: unexpected 'Put', expected a value (a text needs double quotes); libwebsockets "
                 "reads every file in conf.d, whatever its name: if this is not a configuration, move it elsewhere");
  // For a file that looks like a configuration, the advice would not help.
  CHECK_EQ(findings(vhost(kPlain + "," + kChat), "# b\n{\"vhosts\":[],}"),
           "conf.d/b:2:13: error: unexpected ',' (JSON allows no comma before })\n");
  TempDir dir;
  dir.write("conf", vhost(kPlain + "," + kChat));
  for (const char* suffix : {".dpkg-old", ".bak", ".orig", ".rej", ".swp", ".save", ".dpkg-dist"})
    dir.write(std::string("conf.d/a") + suffix, "{\"global\":{}}");
  std::string all = joined(check_config(dir.path(), good_plugins()));
  CHECK_EQ(std::count(all.begin(), all.end(), '\n'), 7);
  CHECK_CONTAINS(all, "conf.d/a.dpkg-old: error: looks like a backup, and libwebsockets would read it");
}

TEST(an_unfinished_upgrade_is_one_error_that_says_how_to_finish_it) {
  TempDir dir;
  for (const char* name : {"conf", "conf.d/a", "conf.d/a.dpkg-new"})
    dir.write(name, name == std::string("conf") ? "{\"global\":{}}" : vhost(kPlain + "," + kChat));
  CHECK_EQ(
      joined(check_config(dir.path(), good_plugins())),
      "conf.d/a.dpkg-new: error: an unfinished upgrade left this file, and libwebsockets would read it: finish the "
      "upgrade (dpkg --configure -a) or move the file elsewhere\n");
}

TEST(empty_and_unreadable_files_are_errors) {
  CHECK_CONTAINS(findings(""), "conf: error: empty, expected a JSON object");
  CHECK_CONTAINS(findings(vhost(kPlain + "," + kChat), ""), "conf.d/b: error: empty");
  CHECK_CONTAINS(findings("# nothing\n"), "conf:1:1: error: only blanks and comments");
  if (geteuid() == 0) return;  // root reads everything
  TempDir dir;
  dir.write("conf", "{}");
  chmod(dir.path("conf").c_str(), 0);
  CHECK_CONTAINS(joined(check_config(dir.path(), good_plugins())), "conf: error: permission denied");
}

TEST(a_file_without_an_end_is_an_error) {
  TempDir dir;
  std::filesystem::create_symlink("/dev/zero", dir.path("conf"));
  CHECK_EQ(joined(check_config(dir.path(), good_plugins())),
           "conf: error: not a regular file, expected the main configuration\n");
  dir.make_folder("conf.d");
  std::filesystem::create_symlink("/dev/zero", dir.path("conf.d/zero"));
  mkfifo(dir.path("conf.d/fifo").c_str(), 0600);
  CHECK(lws_chat::config_texts(dir.path()).empty());
  TempDir large;
  large.write("conf", std::string(2'000'000, ' '));
  CHECK_EQ(joined(check_config(large.path(), good_plugins())),
           "conf: error: is larger than 1048576 bytes: name the right file\n");
}

TEST(a_syntax_error_does_not_hide_the_other_files) {
  std::string all = findings("{\"global\": {\"init-ssl\": \"1\",}}", vhost("\"port\":80"));
  CHECK_CONTAINS(all, "conf:1:28: error: unexpected ',' (JSON allows no comma before })\n");
  CHECK_CONTAINS(all, "conf.d/b:1:12: error: vhost without \"name\"");
}
