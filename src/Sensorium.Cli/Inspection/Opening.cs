using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Cli.Inspection;

/// <summary>Whether a checkpoint can be opened here, found out by building its model on shapes alone.</summary>
/// <param name="Family">What it opens as; null where it does not.</param>
/// <param name="WhyNot">What stands against it; null where nothing does.</param>
sealed record Opening(string? Family, string? WhyNot)
{
    /// <summary>Tries a folder or file.</summary>
    public static Opening Try(string path)
    {
        try
        {
            using ModelFiles files = ModelFiles.Open(path);
            ModelLoader.Declare(files);
            return new Opening($"{files.Family.Title}: {files.Family.Gives} from {files.Family.Takes}", null);
        }
        catch (CheckpointException e)
        {
            return new Opening(null, e.Message);
        }
    }
}
