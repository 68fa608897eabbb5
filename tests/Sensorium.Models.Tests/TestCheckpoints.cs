using System.Text.Json;
using System.Text.Json.Nodes;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>Folders with checkpoints that tests make, and the bundles and models that the repository carries.</summary>
sealed class TestCheckpoints : IDisposable
{
    readonly string root = Directory.CreateTempSubdirectory("sensorium").FullName;

    /// <summary>For models that are built on shapes: no other files.</summary>
    public static IPartOpener NoFiles { get; } = new Nothing();

    public static string Repository { get; } = FindRepository();

    public static string Bundle(string name) => Path.Combine(Repository, "tests", "Sensorium.Conformance", "bundles", name);

    public static string Model(string name) => Path.Combine(Repository, "models", name);

    /// <summary>A folder with a config and tensors.</summary>
    public string Folder(string name, JsonObject config, params RawTensor[] tensors)
    {
        string folder = Path.Combine(root, name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        if (tensors.Length > 0)
        {
            SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
        }

        return folder;
    }

    /// <summary>A copy of a carried checkpoint whose config is changed.</summary>
    public string Copy(string folder, Action<JsonObject> change, string suffix = "copy")
    {
        string copy = Path.Combine(root, $"{Path.GetFileName(Path.GetDirectoryName(folder))}-{suffix}");
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }

        string configFile = Path.Combine(copy, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(configFile))!.AsObject();
        change(config);
        File.WriteAllText(configFile, config.ToJsonString());
        return copy;
    }

    /// <summary>A carried checkpoint with its tensors under other names.</summary>
    public string Renamed(string folder, Func<string, string> rename)
    {
        string copy = Copy(folder, _ => { });
        using TensorSource source = TensorSource.Open(folder);
        string file = Path.Combine(copy, "model.safetensors");
        File.Delete(file);
        SafetensorsWriter.Write(file, [.. source.Tensors.Select(t => t.As(rename(t.Name), t.Shape.ToArray()))]);
        return copy;
    }

    /// <summary>A folder with a config, and with random tensors of the shapes that the config asks for.</summary>
    public string Made(string name, JsonObject config)
    {
        using JsonDocument document = JsonDocument.Parse(config.ToJsonString());
        var json = new Config("config.json", document.RootElement.Clone());
        Checkpoint at = Checkpoint.Shapes();
        Catalog.Find(json).Build(at, json, NoFiles);
        var random = new Random(7);
        return Folder(name, config, [.. at.Weights.Select(w =>
        {
            var values = new float[w.Elements];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)(random.NextDouble() - 0.5);
            }

            return RawTensor.FromFloats(w.Name, [.. w.Shape], values);
        })]);
    }

    /// <summary>A place for a file.</summary>
    public string PlaceFor(string name) => Path.Combine(root, name);

    public void Dispose() => Directory.Delete(root, recursive: true);

    sealed class Nothing : IPartOpener
    {
        public ModelPart Open(string path, string key) => throw new NotSupportedException();

        public Checkpoint Weights(string file, string key) => throw new NotSupportedException();

        public Config? Settings(string file) => null;

        public IReadOnlyList<Config>? SettingsList(string file) => null;

        public Checkpoint WeightsOf(string folder) => throw new NotSupportedException();
    }

    static string FindRepository()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Sensorium.slnx")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("the tests run inside the repository");
    }
}
