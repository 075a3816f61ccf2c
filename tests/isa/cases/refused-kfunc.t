# a kfunc that this kernel does not have
-- asm
	kcall #4711
	exit
-- refused invalid kernel function btf_id 4711
