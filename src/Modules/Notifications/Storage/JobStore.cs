using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Notifications.Sweeping;
using ModularChat.Storage;
using Quartz;

namespace ModularChat.Notifications.Storage;

/// <summary>The scheduler of sweeps with its own store, which outlives the process: on a server that nodes share, a sweep runs on one of them.</summary>
internal static class JobStore
{
    private const string FileName = "jobs.db";

    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        var storage = configuration.GetSection("Storage").Get<StorageOptions>() ?? new StorageOptions();
        services.AddQuartz(quartz =>
        {
            quartz.UsePersistentStore(store =>
            {
                store.ProvisionSchema();
                if (storage.Relational.IsEmbedded)
                {
                    store.UseSqlite($"Data Source={Path.Combine(Path.GetFullPath(storage.Directory), FileName)}");
                }
                else
                {
                    store.UsePostgres(storage.Relational.Databases[0]);
                    store.UseClustering();
                }
            });
            quartz.AddJob<SweepJob>(job => job.WithIdentity(SweepJob.Name).StoreDurably());
            quartz.AddTrigger(trigger => trigger.ForJob(SweepJob.Name).WithIdentity(SweepJob.Name).WithSimpleSchedule(schedule => schedule.WithInterval(TimeSpan.FromMinutes(1)).RepeatForever()));
        });
        services.AddQuartzHostedService(quartz => quartz.WaitForJobsToComplete = true);
    }
}
