# a kfunc that this program may not call
-- asm
	kcall #1019
	exit
-- refused calling kernel function btf_id 1019 is not allowed: only for tests that expect it
