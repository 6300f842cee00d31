using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ModularChat.Storage;

/// <summary>Registers what all stores share.</summary>
public static class StorageModule
{
    /// <summary>Binds section <c>Storage</c> and registers the <see cref="DataFolder"/>, which is made and locked when it is first asked for.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<StorageOptions>()
            .Bind(configuration.GetSection("Storage"))
            .ValidateDataAnnotations()
            .Validate(o => o.Messages.MaxBatch <= o.Messages.MaxPending, "Storage:Messages:MaxBatch must not be above Storage:Messages:MaxPending.")
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<StorageOptions>, RelationalCheck>();
        services.AddSingleton(provider => DataFolder.Open(provider.GetRequiredService<IOptions<StorageOptions>>().Value.Directory));
        return services;
    }

    /// <summary>Says each mistake in one sentence.</summary>
    private sealed class RelationalCheck : IValidateOptions<StorageOptions>
    {
        public ValidateOptionsResult Validate(string? name, StorageOptions options)
        {
            var mistakes = options.Relational.Mistakes().ToArray();
            return mistakes.Length > 0 ? ValidateOptionsResult.Fail(mistakes) : ValidateOptionsResult.Success;
        }
    }
}
