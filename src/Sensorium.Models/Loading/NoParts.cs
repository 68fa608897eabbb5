using Sensorium.Weights;

namespace Sensorium.Models.Loading;

/// <summary>For a config by itself, with no folder around it: nothing stands beside it, and parts are refused.</summary>
/// <param name="config">The config.</param>
/// <param name="why">Why a part that it names cannot be opened, and what to do.</param>
sealed class NoParts(Config config, string why) : IPartOpener
{
    public ModelPart Open(string path, string key) => throw config.Bad(key, why);

    public Checkpoint Weights(string file, string key) => throw config.Bad(key, why);

    public Config? Settings(string file) => null;

    public IReadOnlyList<Config>? SettingsList(string file) => null;

    public Checkpoint WeightsOf(string folder) => throw config.Bad(folder, why);
}
