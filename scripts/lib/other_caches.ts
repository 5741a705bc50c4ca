/**
 * The other caches that ours is measured against, each set up as its manual would have it for one core: everything in
 * memory where it can be, no log, the same origin.
 *
 * @module
 */

/** A cache that can be started. */
export interface OtherCache {
  /** Its name in the table. */
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** Where to get it. */
  readonly source: string;
  /** The port that it listens on. */
  readonly port: number;
  /**
   * Writes its configuration.
   *
   * @param folder A folder of its own.
   * @returns The command line.
   */
  prepare(folder: string): Promise<readonly string[]>;
}

/**
 * Lists the caches.
 *
 * @param origin The origin's port on 127.0.0.1.
 * @param firstPort The first of their own ports.
 */
export function otherCaches(origin: number, firstPort: number): OtherCache[] {
  const [nginx, varnish, squid, haproxy] = [0, 1, 2, 3].map((i) => firstPort + i);
  return [
    {
      name: "nginx",
      program: "nginx",
      source: "Debian's nginx",
      port: nginx,
      prepare: async (folder) => {
        await Deno.writeTextFile(
          `${folder}/nginx.conf`,
          `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_cache_path ${folder}/cache keys_zone=all:10m;
  open_file_cache max=1000;
  upstream origin { server 127.0.0.1:${origin}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${nginx};
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache all;
    }
  }
}
`,
        );
        return ["nginx", "-p", folder, "-e", `${folder}/error.log`, "-c", `${folder}/nginx.conf`];
      },
    },
    {
      name: "Varnish",
      program: "varnishd",
      source: "Debian's varnish",
      port: varnish,
      prepare: async (folder) => {
        await Deno.writeTextFile(
          `${folder}/all.vcl`,
          `vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "${origin}"; }\n`,
        );
        return [
          "varnishd",
          "-F",
          "-j",
          "none",
          "-a",
          `127.0.0.1:${varnish}`,
          "-f",
          `${folder}/all.vcl`,
          "-n",
          `${folder}/work`,
          "-s",
          "malloc,64m",
        ];
      },
    },
    {
      name: "Squid",
      program: "squid",
      source: "Debian's squid",
      port: squid,
      prepare: async (folder) => {
        // It changes its user, who then has to write here.
        await Deno.chmod(folder, 0o777);
        await Deno.writeTextFile(
          `${folder}/squid.conf`,
          `http_port 127.0.0.1:${squid} accel defaultsite=localhost no-vhost
cache_peer 127.0.0.1 parent ${origin} 0 no-query no-digest originserver
http_access allow all
cache_mem 64 MB
maximum_object_size_in_memory 1 MB
access_log none
cache_store_log none
cache_log ${folder}/cache.log
pid_filename ${folder}/squid.pid
coredump_dir ${folder}
visible_hostname localhost
shutdown_lifetime 0 seconds
`,
        );
        return ["squid", "-N", "-f", `${folder}/squid.conf`];
      },
    },
    {
      name: "HAProxy",
      program: "haproxy",
      source: "Debian's haproxy",
      port: haproxy,
      prepare: async (folder) => {
        await Deno.writeTextFile(
          `${folder}/haproxy.cfg`,
          `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
cache all
  total-max-size 64
  max-object-size 1000000
  max-age 3600
frontend front
  bind 127.0.0.1:${haproxy}
  default_backend back
backend back
  http-request cache-use all
  http-response cache-store all
  server origin 127.0.0.1:${origin}
`,
        );
        return ["haproxy", "-db", "-f", `${folder}/haproxy.cfg`];
      },
    },
  ];
}
