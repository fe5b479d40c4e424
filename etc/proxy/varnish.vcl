# Varnish before hydratord and the Python service: model statistics from hydratord while its
# /readyz says so, all else, and statistics while it does not, from Python.
# varnishd -a :80 -f this file. The addresses are those of both services' samples.
#
# Only hydratord's answers are kept. Varnish takes their lifetime from Cache-Control and Age,
# and stale-while-revalidate as its grace. It asks for gzip only, and undoes that for clients
# who take none.
vcl 4.1;

import directors;

probe ready {
	.url = "/readyz";
	.interval = 1s;
	.timeout = 2s;
	.window = 3;
	.threshold = 2;
	.initial = 2;
}

# It answers at once or not at all.
backend hydratord {
	.host = "127.0.0.1";
	.port = "19820";
	.connect_timeout = 1s;
	.first_byte_timeout = 5s;
	.probe = ready;
}

# The page for people is wanted while hydratord is not ready as well: nothing is probed.
backend page {
	.host = "127.0.0.1";
	.port = "19820";
	.connect_timeout = 1s;
	.first_byte_timeout = 5s;
}

backend python {
	.host = "127.0.0.1";
	.port = "19800";
}

sub vcl_init {
	new statistics = directors.fallback();
	statistics.add_backend(hydratord);
	statistics.add_backend(python);
}

sub vcl_recv {
	# Streams, which are never complete, and for which nobody could stand in. hydratord says
	# something every 15 s, and pipe_timeout is 60 s.
	if (req.url ~ "^(/api)?/events([?]|$)") {
		set req.backend_hint = page;
		return (pipe);
	}
	# The page, and what it asks of hydratord itself. Who may come here sees how the service
	# is: leave it out where that is not for everyone.
	if (req.url ~ "^(/api)?/(dashboard/?|readyz|livez)([?]|$)") {
		set req.backend_hint = page;
		return (pass);
	}
	if (req.url !~ "^(/api)?/model_references/statistics/") {
		set req.backend_hint = python;
		return (pass);
	}
	set req.backend_hint = statistics.backend();
	# No answer depends on it, and with it nothing would be kept.
	unset req.http.Cookie;
}

sub vcl_backend_response {
	if (beresp.backend.name != "hydratord") {
		# Python says no lifetime, and what is written to it must be seen.
		set beresp.uncacheable = true;
		set beresp.ttl = 1s;
		return (deliver);
	}
	# A category without an answer that may be served.
	if (beresp.status == 503 && bereq.retries == 0 && bereq.method ~ "^(GET|HEAD)$") {
		set bereq.backend = python;
		return (retry);
	}
	# To ask with If-None-Match when the lifetime is over.
	set beresp.keep = 1h;
	# The first answer may come as it is, while hydratord encodes it for the next one; 304
	# would keep that form here until the data change.
	set beresp.do_gzip = true;
}

# It is gone, and the probe has not seen it yet.
sub vcl_backend_error {
	if (bereq.retries == 0 && bereq.method ~ "^(GET|HEAD)$" && bereq.backend != python &&
	    bereq.backend != page) {
		set bereq.backend = python;
		return (retry);
	}
}
