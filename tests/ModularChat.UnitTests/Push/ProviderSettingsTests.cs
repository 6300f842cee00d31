using System.Security.Cryptography;
using System.Text.Json;
using ModularChat.Notifications;
using ModularChat.Notifications.Providers.Apns;
using ModularChat.Notifications.Providers.Fcm;

namespace ModularChat.UnitTests.Push;

public sealed class ProviderSettingsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("", "is not JSON")]
    [InlineData("[]", "is not a JSON object")]
    [InlineData("{}", "has no type, project_id, client_email, private_key, token_uri")]
    [InlineData("{\"type\":\"service_account\",\"project_id\":\"p\",\"client_email\":\"e\",\"token_uri\":\"https://t\"}", "has no private_key;")]
    [InlineData("{\"type\":\"authorized_user\",\"project_id\":\"p\",\"client_email\":\"e\",\"token_uri\":\"https://t\",\"private_key\":\"k\"}", "another type")]
    [InlineData("{\"type\":\"service_account\",\"project_id\":\"p\",\"client_email\":\"e\",\"token_uri\":\"t\",\"private_key\":\"k\"}", "token_uri")]
    [InlineData("{\"type\":\"service_account\",\"project_id\":\"p\",\"client_email\":\"e\",\"token_uri\":\"https://t\",\"private_key\":\"k\"}", "no RSA key")]
    public void A_key_file_of_FCM_that_is_none_is_refused_in_one_sentence(string content, string said)
    {
        File.WriteAllText(_file, content);
        var options = new NotificationsOptions();
        options.Fcm.ServiceAccountFile = _file;

        var result = new CheckFcm().Validate(null, options);

        result.Failures.ShouldHaveSingleItem().ShouldContain(said);
        result.FailureMessage.ShouldStartWith("Notifications:Fcm:ServiceAccountFile: ");
        result.FailureMessage.ShouldNotContain("\n");
    }

    [Fact]
    public void A_key_file_that_is_right_is_taken_and_one_that_is_not_there_is_named()
    {
        using var key = RSA.Create(2048);
        File.WriteAllText(_file, JsonSerializer.Serialize(new { type = "service_account", project_id = "p", client_email = "e", private_key = key.ExportPkcs8PrivateKeyPem(), token_uri = "https://oauth2.googleapis.com/token" }));
        var options = new NotificationsOptions();
        new CheckFcm().Validate(null, options).Succeeded.ShouldBeTrue("nothing is set up");
        options.Fcm.ServiceAccountFile = _file;
        new CheckFcm().Validate(null, options).Succeeded.ShouldBeTrue();
        options.Fcm.ServiceAccountFile = _file + "-not-there";
        new CheckFcm().Validate(null, options).FailureMessage!.ShouldContain("cannot be read");
    }

    [Fact]
    public void APNs_is_set_up_whole_or_not_at_all()
    {
        var options = new NotificationsOptions();
        new CheckApns().Validate(null, options).Succeeded.ShouldBeTrue();
        (options.Apns.KeyFile, options.Apns.KeyId) = (_file, "ABC1234567");
        new CheckApns().Validate(null, options).FailureMessage.ShouldBe("Notifications:Apns needs Notifications:Apns:TeamId and Notifications:Apns:BundleId too.");
        (options.Apns.TeamId, options.Apns.BundleId) = ("DEF1234567", "org.example.chat");
        new CheckApns().Validate(null, options).FailureMessage!.ShouldContain("no key on P-256");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(_file, key.ExportPkcs8PrivateKeyPem());
        new CheckApns().Validate(null, options).Succeeded.ShouldBeTrue();
    }
}
