using System.IO.Compression;
using System.Text.RegularExpressions;

namespace Sensorium.EndToEnd;

/// <summary>The packages as a .NET developer gets them.</summary>
public sealed partial class PackageTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("sensorium-packages-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [CheckoutFact]
    public void Readmes_lines_of_csharp_ask_about_a_picture_with_the_packages_alone()
    {
        string feed = Path.Combine(folder, "feed");
        const string version = "0.1.0-test";
        Said packed = Dotnet(Checkout.Repository, "pack", "Sensorium.slnx", "-c", "Release", "-o", feed, $"-p:Version={version}", "-p:RunAnalyzers=false", "--artifacts-path", Path.Combine(folder, "artifacts"), "-v", "quiet", "-nologo");
        packed.Code.ShouldBe(0, packed.Out);
        foreach (string name in new[] { "Tensors", "Weights", "Text", "Media", "Models", "Inference", "Cli" })
        {
            using ZipArchive package = ZipFile.OpenRead(Path.Combine(feed, $"Sensorium.{name}.{version}.nupkg"));
            package.Entries.Select(e => e.FullName).Contains("README.md", StringComparer.Ordinal).ShouldBeTrue(name);
            File.Exists(Path.Combine(feed, $"Sensorium.{name}.{version}.snupkg")).ShouldBeTrue($"symbols of {name}");
        }

        string app = Path.Combine(folder, "app");
        Directory.CreateDirectory(app);
        string code = Code().Match(File.ReadAllText(Path.Combine(Checkout.Repository, "README.md"))).Groups["text"].Value;
        code.Trim().Split('\n').Length.ShouldBe(8);
        File.WriteAllText(Path.Combine(app, "Program.cs"), code);
        File.WriteAllText(Path.Combine(app, "app.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <RestorePackagesPath>{Path.Combine(folder, "restored")}</RestorePackagesPath>
                <RestoreAdditionalProjectSources>{feed}</RestoreAdditionalProjectSources>
                <RestoreFallbackFolders>{PackagesFolder()}</RestoreFallbackFolders>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Sensorium.Inference" Version="{version}" />
              </ItemGroup>
            </Project>
            """);
        File.Copy(Path.Combine(Checkout.Repository, "tests", "Sensorium.Conformance", "bundles", "nano", "photo-1.jpg"), Path.Combine(app, "photo.jpg"));
        Said built = Dotnet(app, "build", "-c", "Release", "-o", Path.Combine(folder, "out"), "-v", "quiet", "-nologo");
        built.Code.ShouldBe(0, built.Out);
        Said said = Checkout.Run(app, "dotnet", [Path.Combine(folder, "out", "app.dll")], ("SENSORIUM_MODELS", Path.Combine(Checkout.Repository, "models")));
        said.Code.ShouldBe(0, said.Error);
        said.Out.ShouldContain("banana");
    }

    static Said Dotnet(string folder, params string[] arguments) => Checkout.Run(folder, "dotnet", arguments);

    static string PackagesFolder() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set ? set
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    [GeneratedRegex(@"```csharp\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
