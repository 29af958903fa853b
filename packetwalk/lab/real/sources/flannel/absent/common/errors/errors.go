// Package errors stands in for a cloud's library.
package errors

// TencentCloudSDKError is what every call of this build returns.
type TencentCloudSDKError struct{}

func (*TencentCloudSDKError) Error() string {
	return "this flanneld was built without the library of the backend tencent-vpc"
}
