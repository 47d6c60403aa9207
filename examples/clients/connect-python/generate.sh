# PROTOS is the folder that the contract was unpacked to.
python -m grpc_tools.protoc -I "$PROTOS" --python_out=. --connect-python_out=. \
  $(cd "$PROTOS" && find parlance -name '*.proto')
